/** A server that comes back without its last second, while all processes and their leases go on (P2). */
import { Redis } from "ioredis";
import { createRedisWorld } from "../../redis-world";
import { openApp, startOf, type TestApp, until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
import { sleep } from "everstep";
const gates = (globalThis.orphanGates ??= new Map());
const bodies = (globalThis.orphanBodies ??= []);

export async function work(name) {
  "use step";
  bodies.push(name);
  await new Promise((resolve) => gates.set(name, resolve));
  return name;
}
export async function works(name) { "use workflow"; return work(name); }
export async function naps(name) { "use workflow"; await work(name); await sleep("1 day"); return "late"; }
`;

const gates = () => (globalThis as unknown as { orphanGates: Map<string, () => void> }).orphanGates;
const bodies = () => (globalThis as unknown as { orphanBodies: string[] }).orphanBodies;

let server: RedisServer;
let redis: Redis;
let app: TestApp;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
  const openWorld = () => createRedisWorld({ url: server.url, leaseMs: 1_000 });
  app = await openApp(SOURCE, { openWorld });
}, 180_000);
afterAll(async () => {
  for (const open of gates().values()) open();
  await app.stop();
  redis.disconnect();
  await server.stop();
});

async function begin(workflow: string, name: string) {
  const run = await startOf(app, workflow, name);
  await until(() => gates().has(name));
  return run;
}

function open(name: string): void {
  gates().get(name)!();
  gates().delete(name);
}

/** All that is stored, to be put back at one blow. */
async function picture(): Promise<() => Promise<unknown>> {
  const keys = await redis.keys("*");
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return () => {
    const back = redis.multi().flushall();
    for (const [index, key] of keys.entries()) back.restore(key, 0, values[index]!);
    return back.exec();
  };
}

test("P2: a run whose end the server has lost is not left to a process that believes it over", async () => {
  // Something else keeps the lease of the process.
  await begin("works", "other");
  const run = await begin("works", "ended");
  const rollBack = await picture();
  open("ended");
  expect(await run.returnValue).toBe("ended");
  await rollBack();
  expect(await run.status).toBe("running");
  await until(() => gates().has("ended"));
  open("ended");
  expect(await run.returnValue).toBe("ended");
  expect(bodies().filter((name) => name === "ended")).toHaveLength(2);
});

test("P2: nor is one that had gone to rest, as the process knows", async () => {
  const run = await begin("naps", "rests");
  const rollBack = await picture();
  open("rests");
  await until(async () => (await run.explain()).includes("sleep"));
  await rollBack();
  await until(() => gates().has("rests"));
  open("rests");
  await until(async () => (await run.explain()).includes("sleep"));
  await run.wakeUp();
  expect(await run.returnValue).toBe("late");
});

/** `dispatch: "http"`: what there is to do comes to the app as signed messages (HE-01, A13). */
import path from "node:path";
import { Redis } from "ioredis";
import { start } from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import type { World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { loadHost, until } from "../engine/test-app";
import { MOUNTS, serve, type Serving } from "../middleware/web-app";
import { tempApp } from "../replay/world";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
import { sleep } from "everstep";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const bodies = {};
export async function work(name, ms) {
  "use step";
  bodies[name] = (bodies[name] ?? 0) + 1;
  await pause(ms);
  return name;
}
export async function works(name, ms) { "use workflow"; return work(name, ms); }
export async function naps(ms) { "use workflow"; await sleep(ms); return work("napped", 0); }
export async function fan(count) {
  "use workflow";
  return (await Promise.all(Array.from({ length: count }, (_, n) => work("fan " + n, 100)))).length;
}
`;
const FILE = "workflows/test.ts";
/** Longer than the routes wait for a run, where there is time for that. */
const LONG_MS = isDeep ? 21_000 : 2_000;

let server: RedisServer;
let redis: Redis;
let app: Serving;
let root: string;
let workflows: Record<string, unknown>;
let world: World;
let appWorld: World;
let options: RedisWorldOptions;

jest.setTimeout(60_000);

beforeAll(async () => {
  process.env["WORKFLOW_SECRET"] = "known to all processes of this test";
  server = await startRedisServer();
  redis = new Redis(server.url);
  root = tempApp({ [FILE]: SOURCE });
  workflows = loadHost(SOURCE, path.join(root, FILE));
  // Nobody but the process that answers requests executes runs, and nothing rings there but messages.
  appWorld = createRedisWorld({ url: server.url, prefix: "http" });
  const dispatch = new Proxy(appWorld.dispatch, {
    get(target, name) {
      if (name === "listen") return () => () => undefined;
      if (name === "nextDue") return async () => null;
      if (name === "renew") {
        return async (session: string) => ({ ...(await target.renew(session))!, dueAt: null });
      }
      const member = Reflect.get(target, name) as unknown;
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  const log = () => undefined;
  const served = {
    root,
    log,
    world: { ...appWorld, dispatch },
    handlesSignals: false,
    concurrency: 20,
  };
  app = await serve(MOUNTS["Express 5 under a prefix"]!, served);
  await app.ready;
  options = { url: server.url, prefix: "http", dispatch: "http", appUrl: app.base };
  world = createRedisWorld(options);
  await world.start();
}, 180_000);

afterAll(async () => {
  await world.close();
  await app.close();
  await appWorld.close();
  redis.disconnect();
  await server.stop();
  registryRecords().splice(0);
  delete process.env["WORKFLOW_SECRET"];
});

const begin = (name: string, ...args: unknown[]) =>
  start(workflows[name] as { workflowId: string }, args, { world });
const bodies = () => workflows["bodies"] as Record<string, number>;

test("a step that takes longer than an answer may is neither cut off nor begun again", async () => {
  const long = await begin("works", "long", LONG_MS);
  const runs = await Promise.all([1, 2, 3].map((n) => begin("works", `short ${n}`, 1)));
  expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual([
    "short 1",
    "short 2",
    "short 3",
  ]);
  expect(await (await begin("naps", 200)).returnValue).toBe("napped");
  expect(await long.returnValue).toBe("long");
  expect(bodies()).toMatchObject({ long: 1, "short 1": 1, napped: 1 });
});

test("messages that no process of the app has heard are sent again", async () => {
  let refused = 0;
  const { createServer, request } = await import("node:http");
  const proxy = createServer((incoming, outgoing) => {
    if (refused++ < 2) return void outgoing.writeHead(503).end();
    const url = new URL(app.base);
    const { method, headers } = incoming;
    const target = { host: url.hostname, port: url.port, path: url.pathname + incoming.url };
    const passed = request({ ...target, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
  const { port } = proxy.address() as { port: number };
  await world.close();
  world = createRedisWorld({ ...options, appUrl: `http://127.0.0.1:${port}` });
  await world.start();
  expect(await (await begin("works", "heard at last", 1)).returnValue).toBe("heard at last");
  expect(refused).toBeGreaterThan(2);
  proxy.close();
});

test("without a secret, or without an address, such a world does not start, and says why", async () => {
  const nowhere = { ...options, appUrl: "" };
  expect(() => createRedisWorld(nowhere)).toThrow(/appUrl/);
  delete process.env["WORKFLOW_SECRET"];
  const unsigned = createRedisWorld(options);
  await expect(unsigned.start()).rejects.toMatchObject({ code: "SECRET_MISSING" });
  await unsigned.close();
  process.env["WORKFLOW_SECRET"] = "known to all processes of this test";
});

test("all jobs are gone when they are done", async () => {
  await until(async () => {
    const jobs = await redis.keys("http:{q}:due:[0-9]*");
    return jobs.length === 0;
  });
});

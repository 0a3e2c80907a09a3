/** Processes with old and with new code on one world, for as long as a deploy takes (K3, P6). */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { getRun } from "../../lib/api";
import type { World } from "../../lib/contract/world";
import { createRedisWorld } from "../../redis-world";
import { type RedisServer, startRedisServer } from "../redis/redis-server";
import { ROOT, tempApp } from "../replay/world";
import { until } from "./test-app";

const OLD = `
import { sleep } from "everstep";
export async function one(n) { "use step"; return n + 1; }
export async function two(n) { "use step"; return n * 2; }
export async function order(n) {
  "use workflow";
  const first = await one(n);
  await sleep(300);
  return ["old", await two(first)];
}`;
const NEW = `
import { sleep } from "everstep";
export async function one(n) { "use step"; return n + 1; }
export async function two(n) { "use step"; return n * 2; }
export async function three(n) { "use step"; return n + 100; }
export async function order(n) {
  "use workflow";
  const first = await one(n);
  await sleep(300);
  const second = await three(first);
  await sleep(50);
  return ["new", await two(second)];
}`;
/** Starts ten runs and executes whatever there is until it is killed. */
const APP = `
import { start } from "everstep/api";
import { createRuntime } from "everstep/runtime";
import { createRedisWorld } from ${JSON.stringify(path.join(ROOT, "dist/redis-world/index.js"))};
import { order } from "./workflows/order.mjs";

const [url, name] = process.argv.slice(2);
const world = createRedisWorld({ url });
const runtime = createRuntime({ world, log: () => undefined });
await runtime.start();
for (let n = 0; n < 10; n++) await start(order, [n], { id: name + "_" + n });
console.log("started");
`;

let server: RedisServer;
let world: World;
const processes: ChildProcessWithoutNullStreams[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  world = createRedisWorld({ url: server.url });
  await world.start();
});
afterAll(async () => {
  for (const each of processes) each.kill("SIGKILL");
  await world.close();
  await server.stop();
});

/** Resolves when its runs are started. */
function launch(name: string, source: string): Promise<void> {
  const root = tempApp({ "workflows/order.mjs": source, "app.mjs": APP });
  const register = pathToFileURL(path.join(ROOT, "dist/lib/register.mjs")).href;
  const args = ["--import", register, path.join(root, "app.mjs"), server.url, name];
  const child = spawn(process.execPath, args, { cwd: root });
  processes.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.stderr.once("data", (chunk: Buffer) => reject(new Error(chunk.toString())));
  });
}

test("K3: old and new processes finish each other's runs, and do not fight over them", async () => {
  await Promise.all([launch("old", OLD), launch("new", NEW)]);
  for (let n = 0; n < 10; n++) {
    for (const [name, expected] of [
      ["old", 2 * (n + 1)],
      ["new", 2 * (n + 101)],
    ] as const) {
      const run = getRun(`${name}_${n}`, { world });
      expect(await run.returnValue).toEqual([name, expected]);
    }
  }
  for (const runId of [..."0123456789"].map((n) => `new_${n}`)) {
    const log = await world.runs.read(runId, 1, 100);
    const started = log.filter(({ event }) => event.type === "step_started");
    expect(started).toHaveLength(3);
  }
  // Whoever has the code hears of a run that was parked for it: nobody waits until somebody looks.
}, 25_000);

test("K2: a step that only other processes lack is waited for, and says so", async () => {
  const [old, young] = processes as [
    ChildProcessWithoutNullStreams,
    ChildProcessWithoutNullStreams,
  ];
  young.kill("SIGKILL");
  await until(() => young.signalCode !== null);
  const workflow = "workflow//./workflows/order//order";
  const { bundle } = (await world.runs.get("new_0"))!;
  const record = { runId: "late", workflow, bundle };
  const event = { type: "run_created", at: 0, input: "1j[1]", ...record } as const;
  await world.runs.create({ record, event });
  const run = getRun("late", { world });
  await until(async () => (await run.explain()).includes("STEP_NOT_REGISTERED"));
  await launch("again", NEW);
  expect(await run.returnValue).toEqual(["new", 204]);
  expect(old.exitCode).toBeNull();
});

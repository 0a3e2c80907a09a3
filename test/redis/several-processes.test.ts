/** Several processes on one Redis: who runs what, and what becomes of it when one of them goes. */
import { Redis } from "ioredis";
import { createRedisWorld } from "../../redis-world";
import { until } from "../engine/test-app";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";
import { type Note, type Worker, WorkerFleet } from "./worker-fleet";

const SOURCE = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata } from "everstep";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function work(n, ms) {
  "use step";
  const { attempt } = getStepMetadata();
  const { workflowRunId: runId } = getWorkflowMetadata();
  note({ type: "begins", runId, n, attempt, at: Date.now() });
  await pause(ms);
  note({ type: "ends", n, attempt, at: Date.now() });
  return n;
}
export async function blocks(ms) {
  "use step";
  const { attempt } = getStepMetadata();
  note({ type: "blocks", attempt });
  const end = performance.now() + ms;
  while (performance.now() < end);
  return attempt;
}
export async function fan(count, ms) {
  "use workflow";
  const all = await Promise.all(Array.from({ length: count }, (_, n) => work(n, ms)));
  return all.reduce((sum, n) => sum + n, 0);
}
export async function sequence(count, ms) {
  "use workflow";
  for (let n = 0; n < count; n++) await work(n, ms);
  return count;
}
export async function blocking(ms) { "use workflow"; return blocks(ms); }
export async function naps(n, until) {
  "use workflow";
  await sleep(new Date(until));
  return work(n, 0);
}
export async function talks(token) { "use workflow"; return createHook({ token }); }
`;

/** In a usual run shorter than what a world has by itself, since tests wait for its end. */
const LEASE_MS = isDeep ? 4_000 : 1_500;
const TIMERS = isDeep ? 1_000 : 150;
const BLOCKS_MS = isDeep ? 60_000 : 4_000;

let server: RedisServer;
let redis: Redis;
let fleet: WorkerFleet;
let count = 0;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

beforeEach(async () => {
  fleet = new WorkerFleet(SOURCE, {
    url: server.url,
    prefix: `fleet${count++}`,
    leaseMs: LEASE_MS,
  });
  await fleet.open();
});

afterEach(() => fleet.close());

// Runs are started while nobody executes, which is worth a warning.
beforeEach(() => void jest.spyOn(console, "warn").mockImplementation(() => undefined));

jest.setTimeout(isDeep ? 120_000 : 60_000);

const begun = (notes: readonly Note[]) => notes.filter(({ type }) => type === "begins");
const pidsOf = (notes: readonly Note[]) => new Set(notes.map(({ pid }) => pid));
const workerOf = (pid: number) => fleet.workers.find((worker) => worker.pid === pid)!;

async function ownerOf(n: number): Promise<Worker> {
  await until(() => begun(fleet.notes()).some((note) => note.n === n));
  return workerOf(begun(fleet.notes()).find((note) => note.n === n)!.pid);
}

test("E2: a fan-out of 1,000 steps uses all four workers, and each body runs once", async () => {
  await fleet.launch(4);
  const run = await fleet.start("fan", 1000, 100);
  expect(await run.returnValue).toBe(499_500);
  const notes = begun(fleet.notes());
  expect(notes).toHaveLength(1000);
  expect(new Set(notes.map(({ n }) => n)).size).toBe(1000);
  expect(pidsOf(notes).size).toBe(4);
});

test("E2: the steps of a sequence stay in one process", async () => {
  await fleet.launch(2);
  const runs = await Promise.all([1, 2, 3, 4].map(() => fleet.start("sequence", 20, 2)));
  await Promise.all(runs.map((run) => run.returnValue));
  const notes = begun(fleet.notes());
  expect(notes).toHaveLength(80);
  for (const { runId } of runs) {
    expect(pidsOf(notes.filter((note) => note.runId === runId)).size).toBe(1);
  }
});

test("E1, P3: steps that a process had taken are lost with it, and run once more elsewhere", async () => {
  const [first] = await fleet.launch(1, { concurrency: 4 });
  const run = await fleet.start("fan", 40, 400);
  await until(() => begun(fleet.notes()).length >= 4);
  const [second] = await fleet.launch(1, { concurrency: 20 });
  await until(() => begun(fleet.notes()).some(({ pid }) => pid === second!.pid));
  await second!.kill();
  expect(await run.returnValue).toBe(780);
  const ended = fleet.notes().filter(({ type }) => type === "ends");
  expect(new Set(ended.map(({ n }) => n)).size).toBe(40);
  const log = await fleet.world.runs.read(run.runId, 1, 1_000);
  expect(log.filter(({ event }) => event.type === "step_completed")).toHaveLength(40);
  expect(log.some(({ event }) => event.type === "step_interrupted")).toBe(true);
  expect(first!.child.exitCode).toBeNull();
});

test("E2: a run that is over takes back the steps that it has offered", async () => {
  await fleet.launch(2, { concurrency: 5 });
  const run = await fleet.start("fan", 200, 300);
  await until(() => pidsOf(begun(fleet.notes())).size === 2);
  await run.cancel();
  await until(async () => (await redis.keys(`${fleet.options.prefix}:{p0}:off*`)).length === 0);
  await until(async () => (await redis.keys(`${fleet.options.prefix}:{p0}:held*`)).length === 0);
  expect(await run.status).toBe("cancelled");
});

test("E1: the runs of a process that was killed go on in another within 5 s", async () => {
  await fleet.launch(2);
  const run = await fleet.start("sequence", 3, 800);
  const owner = await ownerOf(0);
  await owner.kill();
  const killedAt = Date.now();
  await until(() => begun(fleet.notes()).some(({ pid }) => pid !== owner.pid));
  expect(Date.now() - killedAt).toBeLessThan(5_000);
  expect(await run.returnValue).toBe(3);
});

test("E8: the runs of a process that is drained go on in another within a second", async () => {
  await fleet.launch(2);
  const run = await fleet.start("sequence", 2, 1_000);
  const owner = await ownerOf(0);
  await owner.kill("SIGTERM");
  const next = (note: Note) => note.pid !== owner.pid;
  const drainedAt = fleet.notes().at(-1)!.at as number;
  await until(() => begun(fleet.notes()).some(next));
  expect((begun(fleet.notes()).find(next)!.at as number) - drainedAt).toBeLessThan(1_000);
  expect(await run.returnValue).toBe(2);
});

test("E1: a step that blocks its process for longer than the lease keeps its run", async () => {
  await fleet.launch(2);
  const run = await fleet.start("blocking", BLOCKS_MS);
  expect(await run.returnValue).toBe(1);
  expect(fleet.notes()).toHaveLength(1);
});

test("E5: work goes on when all keys of BullMQ are deleted", async () => {
  await fleet.launch(2);
  const dueAt = Date.now() + 500;
  const runs = await Promise.all([...Array(20).keys()].map((n) => fleet.start("naps", n, dueAt)));
  const keys = await redis.keys(`${fleet.options.prefix}:{q}*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.del(...keys);
  const late = await fleet.start("sequence", 3, 1);
  expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual([...runs.keys()]);
  expect(await late.returnValue).toBe(3);
});

test("B12: timers that fell due while nobody was there all fire once, oldest first", async () => {
  const [worker] = await fleet.launch(1);
  const dueAt = Date.now() + (isDeep ? 20_000 : 6_000);
  const runs = await Promise.all(
    Array.from({ length: TIMERS }, (_, n) => fleet.start("naps", n, dueAt + n)),
  );
  const wait = async () => {
    const { data } = await fleet.world.runs.list({ status: "running", limit: 1000 });
    return data.filter((run) => run.dueAt !== null).length === TIMERS;
  };
  await until(async () => Date.now() > dueAt || (await wait()));
  await worker!.kill();
  expect(Date.now()).toBeLessThan(dueAt);
  await until(() => Date.now() > dueAt + TIMERS);
  await fleet.launch(2);
  await Promise.all(runs.map((run) => run.returnValue));
  // A step whose process gave no sign of life for so long, on a busy machine, begins once more.
  const order = [...new Set(begun(fleet.notes()).map(({ n }) => n as number))];
  expect([...order].sort((a, b) => a - b)).toEqual([...runs.keys()]);
  // Two processes take them fifty at a time, and finish each as it comes.
  const late = order.map((n, place) => Math.abs(n - place));
  expect(late.reduce((sum, each) => sum + each, 0) / TIMERS).toBeLessThan(100);
});

test("C12: jobs hold ids only, and are gone when they are done", async () => {
  const run = await fleet.start("talks", "x".repeat(200));
  const prefix = `${fleet.options.prefix}:{q}:due`;
  await until(async () => (await redis.exists(`${prefix}:1`)) === 1);
  const job = await redis.hgetall(`${prefix}:1`);
  expect(JSON.parse(job["data"]!)).toEqual({ runId: run.runId });
  expect(JSON.stringify(job).length).toBeLessThan(1_000);
  await fleet.launch(1);
  await until(async () => (await redis.exists(`${prefix}:1`)) === 0);
});

test("E0: a payload reaches a run that another process owns", async () => {
  await fleet.launch(2);
  const other = createRedisWorld(fleet.options);
  const run = await fleet.start("talks", "token of another");
  await until(async () => (await other.hooks.find("token of another")) !== null);
  const { call } = (await other.hooks.find("token of another"))!;
  const body = JSON.stringify({ type: "payload", call, payload: "1j7" });
  expect(await other.inbox.send(run.runId, { body, call })).toEqual({ status: "stored" });
  expect(await run.returnValue).toBe(7);
  await other.close();
});

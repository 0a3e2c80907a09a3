/** Runs that are started where nobody executes them: the producer is told, and so is who asks why (L5, D9). */
import { start } from "../../lib/api";
import { freshId } from "../../lib/conformance/check";
import { createRedisWorld } from "../../redis-world";
import { until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";
import { WorkerFleet } from "./worker-fleet";

const SOURCE = `export async function order() { "use workflow"; return 1; }`;
const TOLD_WITHIN_MS = 30_000;

let servers: RedisServer[];
let fleet: WorkerFleet;
let prefix: string;
let warned: jest.SpyInstance<void, Parameters<typeof console.warn>>;

beforeAll(async () => {
  servers = await Promise.all([startRedisServer(), startRedisServer()]);
}, 180_000);

beforeEach(async () => {
  warned = jest.spyOn(console, "warn").mockImplementation(() => undefined);
  // Processes that were killed are taken to be there for a while.
  prefix = freshId("served_");
  fleet = new WorkerFleet(SOURCE, { url: servers[0]!.url, prefix });
  await fleet.open();
});

afterEach(async () => {
  await fleet.close();
  warned.mockRestore();
});

afterAll(() => Promise.all(servers.map((server) => server.stop())));

const warning = expect.stringContaining("No process executes runs") as string;

test("D9: a producer on another Redis than the workers is warned, and its run says why it waits", async () => {
  await fleet.launch(1);
  const elsewhere = createRedisWorld({ url: servers[1]!.url, prefix });
  const startedAt = performance.now();
  const run = await start(fleet.workflow("order"), [], { world: elsewhere });
  await until(() => warned.mock.calls.length > 0);
  expect(performance.now() - startedAt).toBeLessThan(TOLD_WITHIN_MS);
  expect(warned).toHaveBeenCalledWith(warning);
  expect(await run.explain()).toMatch(/is due, and no process executes runs/);
  await elsewhere.close();
});

test("L5: what was started without a worker waits, and says so, until there is one", async () => {
  const run = await fleet.start("order");
  await until(() => warned.mock.calls.length > 0);
  expect(warned).toHaveBeenCalledWith(warning);
  expect(await run.explain()).toMatch(/is due, and no process executes runs/);
  await fleet.launch(1);
  expect(await run.returnValue).toBe(1);
});

test("L5: a producer is told nothing while there is a worker, and is when that was stopped", async () => {
  const [worker] = await fleet.launch(1);
  expect(await (await fleet.start("order")).returnValue).toBe(1);
  expect(warned).not.toHaveBeenCalled();
  await worker!.kill("SIGTERM");
  // Another process that starts runs.
  const producer = createRedisWorld(fleet.options);
  const run = await start(fleet.workflow("order"), [], { world: producer });
  await until(() => warned.mock.calls.length > 0);
  expect(await run.explain()).toMatch(/is due, and no process executes runs/);
  await producer.close();
});

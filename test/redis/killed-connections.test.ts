/**
 * An app's own client that connects again at once, and a Redis that ends its connections again and again
 * (D13). A rejection that nobody handles fails a test here by itself, since Jest listens for those.
 */
import { Redis } from "ioredis";
import { registryRecords } from "../../lib/contract/registry";
import { createRedisWorld } from "../../redis-world";
import { expectGoodLog, logOf } from "../engine/each-world";
import { openApp, startOf, type TestApp } from "../engine/test-app";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";

const SOURCE = `
import { sleep } from "everstep";
/** How often each body has begun. */
export const bodies = new Map();
export async function work(name) {
  "use step";
  bodies.set(name, (bodies.get(name) ?? 0) + 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return 1;
}
export async function rounds(run, count) {
  "use workflow";
  let sum = 0;
  for (let n = 0; n < count; n++) {
    sum += await work(run + "/" + n);
    await sleep(60);
  }
  return sum;
}
`;

const KILLS = isDeep ? 200 : 20;
const RUNS = 50;
const ROUNDS = isDeep ? 120 : 25;
const KILL_EVERY_MS = 100;

let server: RedisServer;
let redis: Redis;
let client: Redis;
let app: TestApp;
const printed: jest.SpyInstance[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
  for (const method of ["error", "warn", "log", "info"] as const) {
    printed.push(jest.spyOn(console, method).mockImplementation(() => undefined));
  }
  client = new Redis(server.url, { retryStrategy: () => 10, maxRetriesPerRequest: null });
  const openWorld = () => createRedisWorld({ client, prefix: "killed" });
  app = await openApp(SOURCE, { openWorld, concurrency: RUNS });
}, 180_000);

afterAll(async () => {
  await app.stop();
  client.disconnect();
  redis.disconnect();
  await server.stop();
  for (const each of printed) each.mockRestore();
  registryRecords().splice(0);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

jest.setTimeout(isDeep ? 180_000 : 60_000);

test("D13: connections that are killed twenty times in a row cost no run and no body", async () => {
  const runs = await Promise.all(
    Array.from({ length: RUNS }, (_, run) => startOf(app, "rounds", run, ROUNDS)),
  );
  let ended = 0;
  for (let n = 0; n < KILLS; n++) {
    for (const type of ["normal", "pubsub"]) {
      ended += Number(await redis.call("CLIENT", "KILL", "TYPE", type));
    }
    await pause(KILL_EVERY_MS);
  }
  expect(ended).toBeGreaterThan(KILLS);
  expect(await Promise.all(runs.map((run) => run.returnValue))).toEqual(runs.map(() => ROUNDS));

  const bodies = app.exports["bodies"] as unknown as Map<string, number>;
  expect(bodies.size).toBe(RUNS * ROUNDS);
  const logs = await Promise.all(runs.map(({ runId }) => logOf(app, runId)));
  const lost = logs.flat().filter(({ type }) => type === "step_interrupted").length;
  const begun = [...bodies.values()].reduce((sum, count) => sum + count, 0);
  // A body begins again only where the log says that its attempt was lost.
  expect(begun - bodies.size).toBeLessThanOrEqual(lost);
  for (const { runId } of runs.slice(0, 5)) await expectGoodLog(app, runId);
  for (const each of printed) expect(each.mock.calls).toEqual([]);
});

/** What runs are told while they are busy with what they were told before, and worlds that close (C4, C6). */
import { Redis } from "ioredis";
import { resumeHook } from "../../lib/api";
import { freshId } from "../../lib/conformance/check";
import { registryRecords } from "../../lib/contract/registry";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { hookOf } from "../engine/each-world";
import { openApp, startOf, type TestApp, until } from "../engine/test-app";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";
import { WorkerFleet } from "./worker-fleet";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function takes(token, count) {
  "use workflow";
  const taken = [];
  for await (const payload of createHook({ token })) {
    taken.push(payload);
    if (taken.length === count) break;
  }
  return taken;
}
export async function naps(ms) {
  "use workflow";
  for (;;) await sleep(ms);
}
`;

const PAYLOADS = isDeep ? 3_000 : 300;
const SLEEPERS = isDeep ? 100 : 25;
const CLOSES_WITHIN_S = 3;

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

afterEach(() => void registryRecords().splice(0));

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

jest.setTimeout(60_000);

test("C4: of payloads that come while a ring is answered none is lost, and none comes twice", async () => {
  const fleet = new WorkerFleet(SOURCE, { url: server.url, prefix: freshId("rings_") });
  await fleet.open();
  await fleet.launch(2);
  const tokens = ["one", "two", "three"];
  const runs = await Promise.all(tokens.map((token) => fleet.start("takes", token, PAYLOADS)));
  await Promise.all(tokens.map((token) => hookOf({ world: fleet.world } as TestApp, token)));
  const payloads = Array.from({ length: PAYLOADS }, (_, n) => n);
  const sendAll = (token: string) =>
    Promise.all(payloads.map((n) => resumeHook(token, n, { world: fleet.world })));
  // One after the other, so that most of them come when their run is at work with the one before.
  const sendEach = async (token: string) => {
    for (const n of payloads) await resumeHook(token, n, { world: fleet.world });
  };
  await Promise.all([sendAll("one"), sendEach("two"), sendAll("three")]);
  const taken = (await Promise.all(runs.map((run) => run.returnValue))) as number[][];
  for (const each of taken) expect([...each].sort((a, b) => a - b)).toEqual(payloads);
  // What one sender has sent in order comes in that order.
  expect(taken[1]).toEqual(payloads);
  await fleet.close();
});

/** Gives how long the world took to close. */
async function secondsToClose(app: TestApp): Promise<number> {
  const before = performance.now();
  await app.world.close();
  return (performance.now() - before) / 1000;
}

async function sleeping(options: RedisWorldOptions): Promise<TestApp> {
  const openWorld = () => createRedisWorld({ url: server.url, ...options });
  const app = await openApp(SOURCE, { openWorld });
  const runs = await Promise.all(
    Array.from({ length: SLEEPERS }, (_, n) => startOf(app, "naps", 3 + (n % 5))),
  );
  for (const { runId } of runs) {
    await until(async () => (await app.world.runs.read(runId, 10, 1)).length > 0);
  }
  return app;
}

test("C6: a world closes while rings come due and runs sleep again and again", async () => {
  const prefix = freshId("rings_");
  const app = await sleeping({ prefix });
  const other = await openApp(SOURCE, {
    openWorld: () => createRedisWorld({ url: server.url, prefix }),
  });
  const delayed = () => redis.zcard(`${prefix}:{q}:due:delayed`);
  await until(async () => (await delayed()) > 0);
  expect(await secondsToClose(app)).toBeLessThan(CLOSES_WITHIN_S);
  // Those that it had go on in another.
  const { data } = await other.world.runs.list({ status: "running", limit: SLEEPERS });
  expect(data).toHaveLength(SLEEPERS);
  const length = async (runId: string) => (await other.world.runs.read(runId, 1, 10_000)).length;
  const before = await Promise.all(data.map(({ runId }) => length(runId)));
  for (const [at, { runId }] of data.entries()) {
    await until(async () => (await length(runId)) > before[at]!);
  }
  expect(await secondsToClose(other)).toBeLessThan(CLOSES_WITHIN_S);
  await Promise.all([app.stop(), other.stop()]);
});

test("C6: a world closes while messages that nobody answers are sent again and again", async () => {
  process.env["WORKFLOW_SECRET"] = "a secret of the test, long enough";
  const prefix = freshId("rings_");
  const appUrl = "http://127.0.0.1:9";
  const app = await sleeping({ prefix, dispatch: "http", appUrl });
  await until(async () => (await redis.zcard(`${prefix}:{q}:due:delayed`)) > SLEEPERS / 2);
  expect(await secondsToClose(app)).toBeLessThan(CLOSES_WITHIN_S);
  await app.stop();
  delete process.env["WORKFLOW_SECRET"];
});

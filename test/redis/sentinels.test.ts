/** An app whose client asks Sentinels for its master: the master dies, and then the Sentinels (C3). */
import { Redis } from "ioredis";
import type { Run } from "../../lib/api";
import { registryRecords } from "../../lib/contract/registry";
import { createRedisWorld } from "../../redis-world";
import { logOf } from "../engine/each-world";
import { openApp, startOf, type TestApp, until } from "../engine/test-app";
import { isDeep } from "../toolchain/install";
import { MASTER_NAME, type RedisSentinels, startRedisSentinels } from "./redis-sentinels";

const SOURCE = `
import { sleep } from "everstep";
async function work(n) { "use step"; await new Promise((resolve) => setTimeout(resolve, 5)); return n; }
export async function rounds(count) {
  "use workflow";
  let sum = 0;
  for (let n = 0; n < count; n++) {
    sum += await work(1);
    await sleep(50);
  }
  return sum;
}
`;

const RUNS = 10;
const ROUNDS = isDeep ? 200 : 20;

let redis: RedisSentinels;
let client: Redis;
let app: TestApp;

beforeAll(async () => {
  redis = await startRedisSentinels();
  const sentinels = redis.sentinels.map(({ port }) => ({ host: "127.0.0.1", port }));
  client = new Redis({ sentinels, name: MASTER_NAME, sentinelRetryStrategy: () => null });
  client.on("error", () => undefined);
  const openWorld = () => createRedisWorld({ client, prefix: "sentinels" });
  app = await openApp(SOURCE, { openWorld, concurrency: RUNS });
}, 180_000);

afterAll(async () => {
  await app.stop();
  client.disconnect();
  await redis.stop();
  registryRecords().splice(0);
});

const startAll = () =>
  Promise.all(Array.from({ length: RUNS }, () => startOf(app, "rounds", ROUNDS)));

const isOver = async ({ runId }: Run) => (await app.world.runs.get(runId))?.status === "completed";

/** Asks again where Redis is away, as whoever waits for longer than an outage does. */
async function expectAllEnd(runs: readonly Run[]): Promise<void> {
  for (const run of runs) {
    await until(() => isOver(run).catch(() => false));
    expect(await run.returnValue).toBe(ROUNDS);
  }
}

jest.setTimeout(isDeep ? 300_000 : 90_000);

test("C3: runs go on when the master died and its replica has its place", async () => {
  const runs = await startAll();
  await until(async () => (await logOf(app, runs[0]!.runId)).length > 20);
  // What was acknowledged has to be on the replica, for the runs to be there at all.
  expect(Number(await client.wait(1, 5_000))).toBe(1);
  await redis.master.stop();
  const [first] = redis.sentinels;
  await until(async () => (await first!.masterPort()) === redis.replica.port);
  await expectAllEnd(runs);
});

test("C3: runs go on while the Sentinels are restarted one after the other", async () => {
  const all: Run[] = [];
  const port = await redis.sentinels[0]!.masterPort();
  for (const sentinel of redis.sentinels) {
    await sentinel.kill();
    all.push(...(await startAll()));
    await expectAllEnd(all.splice(0, RUNS / 2));
    sentinel.launch();
    await until(async () => (await sentinel.masterPort()) === port);
  }
  await expectAllEnd(all);
});

test("C3: runs go on without any Sentinel, and a broken connection comes back with the first", async () => {
  const server = new Redis(await redis.sentinels[0]!.masterPort());
  await Promise.all(redis.sentinels.map((sentinel) => sentinel.kill()));
  const runs = await startAll();
  await server.call("CLIENT", "KILL", "TYPE", "normal");
  await server.call("CLIENT", "KILL", "TYPE", "pubsub");
  server.disconnect();
  const refused = { code: "REDIS_UNREACHABLE" };
  await expect(app.world.now()).rejects.toMatchObject(refused);
  redis.sentinels[0]!.launch();
  await expectAllEnd(runs);
  for (const sentinel of redis.sentinels.slice(1)) sentinel.launch();
});

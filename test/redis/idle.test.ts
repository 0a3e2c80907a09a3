/** P9: what a process asks of Redis while nothing happens. */
import { Redis } from "ioredis";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../engine/test-app";
import { type RedisServer, startRedisServer } from "./redis-server";
import { WorkerFleet } from "./worker-fleet";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function waits() { "use workflow"; await createHook(); }
export async function sleeps() { "use workflow"; await sleep("30 days"); }
`;
const RUNS = 1_000;
const WATCHED_SECONDS = 30;

let server: RedisServer;
let redis: Redis;
let fleet: WorkerFleet;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
  fleet = new WorkerFleet(SOURCE, { url: server.url, prefix: "idle" });
  await fleet.open();
}, 180_000);
afterAll(async () => {
  await fleet.close();
  redis.disconnect();
  await server.stop();
});

test("P9, D12: with 1,000 parked runs a process sends less than one command a second", async () => {
  const [worker] = await fleet.launch(1);
  for (const name of ["waits", "sleeps"]) {
    await Promise.all(Array.from({ length: RUNS / 2 }, () => fleet.start(name)));
  }
  await until(async () => (await isOwned()) === 0);
  await fleet.runtime.stop();
  await fleet.world.close();
  await quiet();
  // In the first of two windows it may be at what a process does once, when it has lasted for a while.
  let sent = await sentWhileWatched();
  if (countOf(sent) >= WATCHED_SECONDS) sent = await sentWhileWatched();
  expect(countOf(sent) < WATCHED_SECONDS ? [] : sent).toEqual([]);
  expect(countOf(sent)).toBeGreaterThan(0);
  expect(worker!.child.exitCode).toBeNull();
}, 180_000);

/** Runs that are not at rest: they have never begun, or a process has them. */
async function isOwned(): Promise<number> {
  const owned = await redis.keys("idle:*:owned:*");
  const pending = await fleet.world.runs.list({ status: "pending", limit: 1 });
  return owned.length + pending.data.length;
}

/** Those who have left are gone from the server as well. */
async function quiet(): Promise<void> {
  await until(async () => {
    await redis.config("RESETSTAT");
    await pause(200);
    return (await commands()).length === 0;
  });
}

type Sent = [name: string, count: number][];

async function sentWhileWatched(): Promise<Sent> {
  await redis.config("RESETSTAT");
  await pause(WATCHED_SECONDS * 1_000);
  return commands();
}

function countOf(sent: Sent): number {
  return sent.reduce((sum, [, count]) => sum + count, 0);
}

/** Since the counters were set back: those of scripts too, and not those by which this test asks. */
async function commands(): Promise<Sent> {
  const stats = await redis.info("commandstats");
  const calls = [...stats.matchAll(/cmdstat_(?!config|info)(\S+?):calls=(\d+)/g)];
  return calls.map(([, name, count]) => [name!, Number(count)]);
}

/**
 * What lists, the look for work and retention cost while a world fills up with runs that are over
 * (D10, P8): as much as before.
 */
import { Redis } from "ioredis";
import { complete, createRun, openSession } from "../../lib/conformance/check";
import type { RunQuery } from "../../lib/contract/run";
import type { World } from "../../lib/contract/world";
import { createRedisWorld } from "../../redis-world";
import { isDeep } from "../toolchain/install";
import { type RedisServer, startRedisServer } from "./redis-server";

const FEW = 300;
const MANY = isDeep ? 100_000 : 2_000;
const PAGE = 20;
/**
 * Finding the place where a time begins takes one look more each time the number doubles; and of the
 * newest, some may have been created in the same millisecond.
 */
const MORE_FOR_A_TIME = 2 * Math.ceil(Math.log2(MANY / FEW)) * 2 + PAGE;
const BATCH = 50;

let server: RedisServer;
let redis: Redis;
let world: World;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
  world = createRedisWorld({ url: server.url });
  await world.start();
}, 180_000);
afterAll(async () => {
  await world.close();
  redis.disconnect();
  await server.stop();
});

async function finish(count: number): Promise<void> {
  const session = await openSession(world);
  for (let left = count; left > 0;) {
    const batch = Math.min(left, BATCH);
    const more = { tags: { team: "north" }, title: "over" };
    await Promise.all(Array.from({ length: batch }, () => createRun(world, more)));
    const claims = await world.dispatch.claim(session, `finishing ${left}`, batch);
    await Promise.all(
      claims.map((claim) => complete(world, { session, runId: claim.runId, claim })),
    );
    left -= claims.length;
  }
  await world.dispatch.closeSession(session);
}

/** How many commands it takes, those inside of scripts among them. */
async function costOf(action: () => Promise<unknown>): Promise<number> {
  await action();
  await redis.config("RESETSTAT");
  await action();
  const stats = await redis.info("commandstats");
  const calls = [...stats.matchAll(/cmdstat_(?!config|info)\S+:calls=(\d+)/g)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function costs(): Promise<Record<string, number>> {
  const workflow = "workflow//./conformance//order";
  const newest = (await world.runs.list({ limit: 1 })).data[0]!.createdAt;
  const queries: Record<string, RunQuery> = {
    all: {},
    oldest: { isOldestFirst: true },
    "by status": { status: "completed" },
    "by status, none": { status: "failed" },
    "by workflow": { workflow },
    "by workflow and status": { workflow, status: "completed" },
    "by tag": { tags: { team: "north" } },
    "by tag and status": { tags: { team: "north" }, status: "completed" },
    "by time": { createdBefore: newest },
    "from a time on": { createdFrom: newest, isOldestFirst: true },
  };
  const found: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    found[name] = await costOf(() => world.runs.list({ limit: PAGE, ...query }));
  }
  const session = await openSession(world);
  let claims = 0;
  found["a claim"] = await costOf(() => world.dispatch.claim(session, `claim ${claims++}`, 10));
  found["the look for what is due"] = await costOf(() => world.dispatch.nextDue());
  found["retention"] = await costOf(() =>
    world.runs.expire({ finishedMs: 3_600_000, failedMs: 3_600_000 }, 100),
  );
  found["a new run"] = await costOf(() => createRun(world));
  await world.dispatch.closeSession(session);
  return found;
}

test("D10: what is asked all day costs the same, however many runs are over", async () => {
  await finish(FEW);
  const before = await costs();
  await finish(MANY);
  const tooMuch: string[] = [];
  for (const [name, cost] of Object.entries(await costs())) {
    const more = name.includes("time") ? MORE_FOR_A_TIME : 2;
    if (cost > before[name]! + more) tooMuch.push(`${name}: ${cost}, and ${before[name]} before`);
  }
  expect(tooMuch).toEqual([]);
}, 600_000);

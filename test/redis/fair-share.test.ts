/**
 * A fair share between workflows (issue "The Redis world"): thousands of runs of one that are due do not
 * stand before those of the others. In the embedded world one process takes all of them at once, and
 * slots decide (test/engine/seeker-line.test.ts).
 */
import { createRun, freshId, openSession } from "../../lib/conformance/check";
import type { World } from "../../lib/contract/world";
import { createRedisWorld } from "../../redis-world";
import { type RedisServer, startRedisServer } from "./redis-server";

let redis: RedisServer;
let world: World;
/** On the same data; it has not heard of anything yet. */
let other: World;

beforeAll(async () => {
  redis = await startRedisServer();
}, 180_000);
beforeEach(async () => {
  const options = { url: redis.url, prefix: freshId("fair") };
  [world, other] = [createRedisWorld(options), createRedisWorld(options)];
  await world.start();
});
afterEach(() => Promise.all([world.close(), other.close()]));
afterAll(() => redis.stop());

async function createMany(count: number, workflow: string): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => createRun(world, { workflow })));
}

/** How many runs of each there are among those claimed. */
async function claimOf(session: string, limit: number): Promise<Record<string, number>> {
  const claims = await world.dispatch.claim(session, freshId("claim"), limit);
  const counts: Record<string, number> = {};
  for (const { runId } of claims) {
    const { workflow } = (await world.runs.get(runId))!;
    counts[workflow] = (counts[workflow] ?? 0) + 1;
  }
  return counts;
}

test("a claim takes runs of the workflows that have some due in turn", async () => {
  await createMany(100, "many");
  await createMany(5, "few");
  const session = await openSession(world);
  expect(await claimOf(session, 10)).toEqual({ many: 5, few: 5 });
  expect(await claimOf(session, 10)).toEqual({ many: 10 });
  await createMany(1, "late");
  expect(await claimOf(session, 10)).toEqual({ many: 9, late: 1 });
});

test("claims of one run each serve the workflows in turn", async () => {
  for (const workflow of ["a", "b", "c"]) await createMany(10, workflow);
  const session = await openSession(world);
  const served: string[] = [];
  for (let n = 0; n < 9; n++) served.push(...Object.keys(await claimOf(session, 1)));
  expect([...served].sort()).toEqual(["a", "a", "a", "b", "b", "b", "c", "c", "c"]);
  expect(new Set(served.slice(0, 3)).size).toBe(3);
});

test("of more workflows than a claim looks at none is forgotten", async () => {
  for (let n = 0; n < 130; n++) await createMany(2, `workflow ${n}`);
  const session = await openSession(world);
  const total: Record<string, number> = {};
  for (;;) {
    const counts = await claimOf(session, 50);
    if (Object.keys(counts).length === 0) break;
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  expect(Object.values(total)).toEqual(Array.from({ length: 130 }, () => 2));
});

test("when somebody has to look next is known over all workflows", async () => {
  const session = await openSession(world);
  const ids = [...(await createMany(1, "soon")), ...(await createMany(1, "later"))];
  const claims = await world.dispatch.claim(session, freshId("claim"), 10);
  const now = await world.now();
  for (const { runId, fence } of claims) {
    const dueAt = now + (runId === ids[0] ? 100_000 : 200_000);
    await world.dispatch.release(runId, fence, { dueAt });
  }
  expect(await world.dispatch.nextDue()).toBe(now + 100_000);
  await world.runs.cancel(ids[0]!);
  expect(await other.dispatch.nextDue()).toBe(now + 200_000);
  await world.runs.cancel(ids[1]!);
  expect(await other.dispatch.nextDue()).toBeNull();
});

test("W8: a claim over many partitions that is repeated gives all that it gave before", async () => {
  const many = createRedisWorld({ url: redis.url, prefix: freshId("many"), partitions: 16 });
  await many.start();
  const session = await openSession(many);
  for (let n = 0; n < 8; n++) await createRun(many);
  const claimId = freshId("claim");
  const first = await many.dispatch.claim(session, claimId, 8);
  // Where nothing was found before there is something now, ahead of where that was.
  for (let n = 0; n < 60; n++) await createRun(many);
  await many.dispatch.nextDue();
  const again = (await many.dispatch.claim(session, claimId, 8)).map(({ runId }) => runId);
  expect(again).toEqual(expect.arrayContaining(first.map(({ runId }) => runId)));
  await many.close();
});

/** Runs in many partitions: where they are, who has a key, and what a page costs (K3, A1 to A4). */
import { Redis } from "ioredis";
import {
  append,
  appended,
  claimRun,
  complete,
  createRun,
  freshId,
  newRun,
  type Owned,
} from "../../lib/conformance/check";
import type { RunCreation, World } from "../../lib/contract/world";
import { buildStreamId } from "../../lib/contract/stream";
import { worldFromEnvironment } from "../../lib/runtime/world-from-environment";
import { createRedisWorld } from "../../redis-world";
import { Keys } from "../../redis-world/keys";
import { type RedisServer, startRedisServer } from "./redis-server";

const COUNT = 64;

let server: RedisServer;
let redis: Redis;
let prefix: string;
let keys: Keys;
let world: World;

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

beforeEach(async () => {
  prefix = freshId("world_");
  keys = new Keys(prefix, COUNT);
  world = createRedisWorld({ url: server.url, prefix, partitions: COUNT });
  await world.start();
  await world.bundles.put("conformance", "code");
});

afterEach(() => world.close());

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** An id that somebody chose, and that is not where the key is. */
function awayFrom(key: string): string {
  for (;;) {
    const id = freshId("order-");
    if (keys.ofRun(id) !== keys.ofKey(key)) return id;
  }
}

function create(runId: string, key: string): Promise<RunCreation> {
  return world.runs.create(newRun(runId, { key }));
}

async function fail(owned: Owned): Promise<void> {
  const failure = { name: "Error", message: "no" };
  const events = [{ type: "run_failed", at: 1, failure: { ...failure, value: "1j0" } } as const];
  const endedAt = await world.now();
  const change = { status: "failed", endedAt, failure } as const;
  await appended(world, append(owned, { events, change }));
}

function reopen(runId: string, position: number) {
  const event = { type: "run_retried", at: 1, voids: [2] } as const;
  return world.runs.reopen({ runId, id: freshId("retry_"), position, event, hooks: [] });
}

test("an id leads to one partition for ever, and all that belongs to the run is there (K1, K3)", async () => {
  const ids = Array.from({ length: 640 }, () => world.runs.newId());
  expect(new Set(ids.map((id) => keys.ofRun(id))).size).toBe(COUNT);
  // As it was when this was written: another answer would lose what is stored.
  expect(keys.ofRun("wrun_01J0000000000000000000TEST")).toBe(`${prefix}:{p1}`);
  const runId = await createRun(world);
  expect(keys.ofStream(buildStreamId(runId, "progress"))).toBe(keys.ofRun(runId));
  expect(await redis.exists(`${keys.ofRun(runId)}:run:${runId}`)).toBe(1);
});

test("a new id for a key is where the key is (K3)", () => {
  for (let count = 0; count < 50; count++) {
    const key = freshId("key_");
    expect(keys.ofRun(world.runs.newId(key))).toBe(keys.ofKey(key));
  }
});

test("of runs in many partitions that are created with one key at once there is one (A1)", async () => {
  for (let round = 0; round < 10; round++) {
    const key = freshId("key_");
    const ids = [...Array.from({ length: 10 }, () => awayFrom(key)), world.runs.newId(key)];
    const outcomes = await Promise.all(ids.map((id) => create(id, key)));
    const created = ids.filter((_id, at) => outcomes[at]!.status === "created");
    expect(created).toHaveLength(1);
    const others = outcomes.filter(({ status }) => status !== "created");
    expect(others).toEqual(others.map(() => ({ status: "key_taken", runId: created[0] })));
    expect((await world.runs.list({ key })).data.map(({ runId }) => runId)).toEqual(created);
  }
});

test("a run whose key is elsewhere has it until its end, and is told that it exists (W8)", async () => {
  const key = freshId("key_");
  const owned = await claimRun(world, { runId: awayFrom(key), key });
  const [away, here] = [awayFrom(key), world.runs.newId(key)];
  const taken = { status: "key_taken", runId: owned.runId };
  expect(await create(away, key)).toEqual(taken);
  expect(await create(here, key)).toEqual(taken);
  expect(await create(owned.runId, key)).toEqual({ status: "exists" });
  await complete(world, owned);
  expect(await create(here, key)).toEqual({ status: "created" });
  expect(await create(away, key)).toEqual({ status: "key_taken", runId: here });
  expect(await create(owned.runId, key)).toEqual({ status: "exists" });
});

test("a key that was reserved by a process that died is free a moment later (A2, A3)", async () => {
  const key = freshId("key_");
  const lost = awayFrom(key);
  // As a process leaves it that died between the two.
  await redis.hset(`${keys.ofKey(key)}:keys`, key, lost);
  await redis.hset(`${keys.ofKey(key)}:awaykeys`, key, `${Date.now()}.000 ${lost}`);
  const next = awayFrom(key);
  expect(await create(next, key)).toEqual({ status: "created" });
  expect(await create(lost, key)).toEqual({ status: "key_taken", runId: next });
});

interface WithParts {
  parts: { runKeys: { reserve(...args: string[]): Promise<{ at: string }> } };
}

test("a creation that was slower than those who took its key over is refused (A2)", async () => {
  const key = freshId("key_");
  const [slow, fast] = [awayFrom(key), awayFrom(key)];
  const { runKeys } = (world.runs as unknown as WithParts).parts;
  const { reserve } = runKeys;
  let count = 0;
  runKeys.reserve = async (runId, ...rest) => {
    const reserved = await reserve.call(runKeys, runId!, ...rest);
    // It stands still behind its first reservation, for as long as the other one takes.
    if (runId === slow && count++ === 0) {
      expect(await create(fast, key)).toEqual({ status: "created" });
    }
    return reserved;
  };
  expect(await create(slow, key)).toEqual({ status: "key_taken", runId: fast });
  expect(count).toBe(2);
  expect(await world.runs.get(slow)).toBeNull();
});

test("a run that failed goes on with its key, unless another has it by now (A1)", async () => {
  const key = freshId("key_");
  const owned = await claimRun(world, { runId: awayFrom(key), key });
  await fail(owned);
  const other = await claimRun(world, { runId: awayFrom(key), key });
  expect(await reopen(owned.runId, 3)).toEqual({ status: "key_taken", runId: other.runId });
  await complete(world, other);
  expect(await reopen(owned.runId, 3)).toEqual({ status: "reopened" });
  expect(await create(awayFrom(key), key)).toEqual({ status: "key_taken", runId: owned.runId });
});

test("nothing is left of keys whose runs are over, when runs expire (A4)", async () => {
  const all = Array.from({ length: 10 }, () => freshId("key_"));
  const owned: Owned[] = [];
  for (const key of all) owned.push(await claimRun(world, { runId: awayFrom(key), key }));
  const live = owned.pop()!;
  for (const each of owned) await complete(world, each);
  await world.runs.expire({ finishedMs: 1e12, failedMs: 1e12 }, 100);
  const left = await redis.keys(`${prefix}:*:awaykeys`);
  expect(left).toEqual([`${keys.ofKey(all.at(-1)!)}:awaykeys`]);
  expect((await world.runs.get(live.runId))?.key).toBe(all.at(-1));
});

test("pages go through all partitions in order, and cost about a page", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 300; count++) ids.push(await createRun(world));
  const found: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await world.runs.list({ limit: 40, cursor, isOldestFirst: true });
    found.push(...page.data.map(({ runId }) => runId));
    ({ cursor } = page);
  }
  expect(found).toEqual(ids);
  await redis.config("RESETSTAT");
  const newest = await world.runs.list({ limit: 40 });
  expect(newest.data.map(({ runId }) => runId)).toEqual(ids.slice(-40).reverse());
  const stats = await redis.info("commandstats");
  expect(Number(/cmdstat_hgetall:calls=(\d+)/.exec(stats)![1])).toBeLessThan(5 * 41);
});

test("WORKFLOW_TARGET_WORLD=redis with WORKFLOW_REDIS_URL gives this world (WI-03)", async () => {
  const env = { WORKFLOW_TARGET_WORLD: "redis", WORKFLOW_REDIS_URL: server.url };
  const named = worldFromEnvironment(env);
  expect(named.name).toBe("redis");
  expect(await named.start()).toContain(`Runs are kept in ${server.url};`);
  await named.close();
});

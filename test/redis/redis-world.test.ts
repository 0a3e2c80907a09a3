/** What the Redis world owes beyond the conformance suite: leases, tokens in two slots, outages. */
import { Cluster, Redis } from "ioredis";
import { WORLD_CHECKS } from "../../lib/conformance";
import {
  append,
  appended,
  claimOf,
  claimRun,
  complete,
  createRun,
  freshId,
  newRun,
  openSession,
  refused,
} from "../../lib/conformance/check";
import type { HookRecord, World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { Connection } from "../../redis-world/connection";
import { script } from "../../redis-world/scripts/script";
import { type RedisServer, startRedisServer } from "./redis-server";

const CALL = "hook//a:1";

let single: RedisServer;
let cluster: RedisServer;
let redis: Redis;
const worlds: World[] = [];

beforeAll(async () => {
  [single, cluster] = await Promise.all([
    startRedisServer(),
    startRedisServer({ isCluster: true }),
  ]);
  redis = new Redis(single.url);
}, 180_000);

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

afterAll(async () => {
  redis.disconnect();
  await Promise.all([single.stop(), cluster.stop()]);
});

async function open(options: RedisWorldOptions = {}): Promise<World> {
  const world = createRedisWorld({ url: single.url, prefix: freshId("world_"), ...options });
  worlds.push(world);
  await world.start();
  return world;
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function hookOf(runId: string, token: string): HookRecord {
  return { token, runId, call: CALL, createdAt: 5, description: "{}" };
}

test("Redis refuses a script that touches two slots, also where all are on one node (S1)", async () => {
  const connection = new Connection({ url: cluster.url, isCluster: true });
  const crossing = script(`redis.call("SET", KEYS[1], 1) return redis.call("GET", "a:{p1}:x")`);
  await expect(connection.run(crossing, "a:{p0}:x")).rejects.toThrow(
    /do not hash to the same slot/,
  );
  connection.close();
});

test("after all checks every key has the tag of a partition, a token, a bundle or the queue (K1, K2)", async () => {
  const world = await open({ prefix: "tagged" });
  for (const { run } of WORLD_CHECKS) await run(world);
  const keys = await redis.keys("tagged:*");
  expect(keys.length).toBeGreaterThan(100);
  const isTagged = (key: string) =>
    /^tagged:(?:\{p0\}:[^{}]+|\{[tb][^{}]+\}|\{q\}:[^{}]+)$/.test(key);
  expect(keys.filter((key) => !isTagged(key))).toEqual([]);
});

test("what a session owned is due again when its lease has run out, and its owner is refused (E1)", async () => {
  const world = await open({ leaseMs: 60 });
  const owned = await claimRun(world);
  const leaseEnds = await world.dispatch.nextDue();
  expect(leaseEnds).toBeGreaterThan(owned.claim.at);
  expect(leaseEnds).toBeLessThanOrEqual((await world.now()) + 60);
  await until(async () => (await world.now()) > leaseEnds!);
  const session = await openSession(world);
  const claim = await claimOf(world, session, owned.runId);
  expect(claim.claims).toBe(2);
  await refused(world, append(owned), "The append of an owner whose lease has run out");
  expect(await world.dispatch.renew(owned.session)).toBeNull();
  expect(await world.dispatch.claim(owned.session, freshId("claim_"), 10)).toEqual([]);
});

test("a lease that is renewed does not run out", async () => {
  const world = await open({ leaseMs: 1000 });
  const owned = await claimRun(world);
  const other = await openSession(world);
  const end = (await world.now()) + 1500;
  while ((await world.now()) < end) {
    expect((await world.dispatch.renew(owned.session))?.news).toEqual([]);
    await world.dispatch.renew(other);
    expect(await world.dispatch.claim(other, freshId("claim_"), 10)).toEqual([]);
  }
  await appended(world, append(owned));
});

test("what a world owned is due at once when it is closed", async () => {
  const prefix = freshId("world_");
  const [one, other] = [await open({ prefix }), await open({ prefix })];
  const { runId } = await claimRun(one);
  await one.close();
  await claimOf(other, await openSession(other), runId);
});

test("a reservation that nobody has confirmed is taken over, but not from an owner (W4, T2)", async () => {
  const world = await open({ reservedMs: -1 });
  const token = freshId("token_");
  const first = await claimRun(world);
  const second = await createRun(world);
  await world.hooks.reserve(token, first.runId, CALL);
  const taken = { status: "taken", runId: first.runId };
  expect(await world.hooks.reserve(token, second, CALL)).toEqual(taken);
  await world.dispatch.release(first.runId, first.claim.fence, { dueAt: 0 });
  expect(await world.hooks.reserve(token, second, CALL)).toEqual({ status: "reserved" });
  const claim = await claimOf(world, first.session, second);
  await appended(
    world,
    append({ ...first, runId: second, claim }, { hooks: [hookOf(second, token)] }),
  );
  await world.dispatch.release(second, claim.fence, { dueAt: null });
  const held = { status: "taken", runId: second };
  expect(await world.hooks.reserve(token, first.runId, CALL)).toEqual(held);
});

test("a token that could not be given back is free all the same, and expire() gives it back (T3)", async () => {
  const prefix = freshId("world_");
  const world = await open({ prefix });
  const token = freshId("token_");
  const key = `${prefix}:{t${token}}`;
  const owned = await claimRun(world);
  await world.hooks.reserve(token, owned.runId, CALL);
  await appended(world, append(owned, { hooks: [hookOf(owned.runId, token)] }));
  const before = await redis.hgetall(key);
  await complete(world, owned);
  expect(await redis.exists(key)).toBe(0);
  // As if the process had died between the append and the giving back.
  await redis.hset(key, before);
  await redis.sadd(`${prefix}:{p0}:freed`, JSON.stringify([token, owned.runId, CALL]));
  const second = await createRun(world);
  expect(await world.hooks.reserve(token, second, CALL)).toEqual({ status: "reserved" });
  await world.runs.expire({ finishedMs: 1e12, failedMs: 1e12 }, 10);
  expect(await redis.exists(`${prefix}:{p0}:freed`)).toBe(0);
  expect(await redis.hget(key, "run")).toBe(second);
});

test("nothing is left of runs that are purged but what is the world's own", async () => {
  const prefix = freshId("world_");
  const world = await open({ prefix });
  const [key, parent] = [freshId("key_"), freshId("wrun_")];
  const owned = await claimRun(world, { key, parent, tags: { a: "b" } });
  const { runId, session } = owned;
  const token = freshId("token_");
  await world.hooks.reserve(token, runId, CALL);
  const stream = { streamId: freshId("strm_"), runId, isDefault: true };
  await world.streams.write(stream, ["a"]);
  await world.inbox.send(runId, { id: "m1", call: "hook//b:1", body: "hello" });
  const parked = { code: "STEP_MISSING", message: "There is no step" };
  const change = { parked, bundle: "other" };
  const more = { hooks: [hookOf(runId, token)], disposed: ["hook//c:1"], change };
  await appended(world, append(owned, more));
  await world.followUps.atEnd(runId, "a", "body");
  await complete(world, owned);
  for (const { id } of await world.followUps.take(10)) await world.followUps.done(id);
  await world.dispatch.closeSession(session);
  expect(await world.runs.purge(runId)).toBe(true);
  const names = (await redis.keys(`${prefix}:*`))
    .map((key) => key.slice(prefix.length + 1))
    // Doorbells that nobody has heard yet, and a session that was closed, which is known for a day.
    .filter((name) => !name.startsWith("{q}:") && !name.startsWith("{p0}:over:"));
  const kept = ["bundles", "bytes", "clock", "guarded", "layout", "number", "served"].map(
    (name) => `{p0}:${name}`,
  );
  expect(names.sort()).toEqual([...kept, "{bconformance}"].sort());
  expect(await redis.get(`${prefix}:{p0}:bytes`)).toBe("0");
});

test("a server that has forgotten the scripts is given them again", async () => {
  const world = await open();
  const owned = await claimRun(world);
  await redis.script("FLUSH");
  await appended(world, append(owned));
});

test("who listens is told again after its connection broke, and hears what comes then", async () => {
  const world = await open();
  let looks = 0;
  const news: (string | null)[] = [];
  const onNews = (runId: string | null) => news.push(runId) > 0;
  world.dispatch.listen({ onNews, onDue: () => void looks++ });
  const { runId } = await claimRun(world);
  await until(() => looks > 0 && news.includes(null));
  looks = news.length = 0;
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  await until(() => looks > 0 && news.includes(null));
  await world.runs.cancel(runId);
  await until(() => news.includes(runId));
});

test("a server that is gone is an error with a code, for what is under way and for what comes", async () => {
  const server = await startRedisServer();
  const world = await open({ url: server.url });
  const owned = await claimRun(world);
  server.freeze();
  const failure = { code: "REDIS_UNREACHABLE" };
  const underWay = expect(world.runs.append(append(owned))).rejects.toMatchObject(failure);
  await server.stop();
  await underWay;
  await expect(world.now()).rejects.toMatchObject(failure);
});

test("the app's own client is used, and stays open", async () => {
  const client = new Cluster([cluster.url]);
  const world = createRedisWorld({ client, prefix: freshId("world_") });
  await world.start();
  await claimRun(world);
  await world.close();
  expect(await client.ping()).toBe("PONG");
  client.disconnect();
});

test("data with another layout is refused", async () => {
  const prefix = freshId("world_");
  await redis.set(`${prefix}:{p0}:layout`, "format 9, partitions 64");
  const world = createRedisWorld({ url: single.url, prefix });
  worlds.push(world);
  await expect(world.start()).rejects.toMatchObject({ code: "DATA_FORMAT_NOT_SUPPORTED" });
});

test("a run that is created for later is not handed out before", async () => {
  const world = await open();
  const session = await openSession(world);
  await world.bundles.put("conformance", "code");
  const dueAt = (await world.now()) + 500;
  const run = newRun(freshId("wrun_"));
  await world.runs.create({ ...run, dueAt });
  expect(await world.dispatch.nextDue()).toBe(dueAt);
  const claims = await world.dispatch.claim(session, freshId("claim_"), 10);
  expect(claims).toEqual([]);
  const claim = await claimWhenDue(world, session);
  expect(claim.at).toBeGreaterThanOrEqual(dueAt);
});

async function claimWhenDue(world: World, session: string) {
  for (;;) {
    const [claim] = await world.dispatch.claim(session, freshId("claim_"), 10);
    if (claim) return claim;
  }
}

/** What the Redis world owes runs that are reopened: tokens in two slots (T3, T4), counts. */
import { Redis } from "ioredis";
import {
  append,
  appended,
  claimRun,
  createRun,
  freshId,
  type Owned,
} from "../../lib/conformance/check";
import type { HookRecord, Reopening, World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { type RedisServer, startRedisServer } from "./redis-server";

const CALL = "hook//a:1";

let server: RedisServer;
let redis: Redis;
const worlds: World[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function open(options: RedisWorldOptions): Promise<World> {
  const world = createRedisWorld({ url: server.url, ...options });
  worlds.push(world);
  await world.start();
  return world;
}

/** A run with a hook, which has failed, and whose token nobody has. */
async function failedRun(world: World, token: string): Promise<Owned> {
  const owned = await claimRun(world);
  await world.hooks.reserve(token, owned.runId, CALL);
  const failure = { name: "Error", message: "no" };
  const events = [{ type: "run_failed", at: 1, failure: { ...failure, value: "1j0" } } as const];
  const change = { status: "failed", startedAt: 1, endedAt: 1, failure } as const;
  await appended(world, append(owned, { events, change, hooks: [hookOf(owned.runId, token)] }));
  return owned;
}

function hookOf(runId: string, token: string): HookRecord {
  return { token, runId, call: CALL, createdAt: 5, description: "{}" };
}

interface WithParts {
  parts: {
    connection: { ask(...args: unknown[]): Promise<unknown> };
    tokens: { giveBack(partition: string): Promise<void> };
  };
}

/** That a token is to be given back, as the scripts write it. */
function noteOf(token: string, runId: string): string {
  return JSON.stringify([token, runId, CALL]).replaceAll("/", "\\/");
}

function reopening(runId: string, token: string, bundle?: string): Reopening {
  const event = { type: "run_retried", at: 1, voids: [2], ...(bundle && { bundle }) } as const;
  return { runId, id: freshId("retry_"), position: 3, event, hooks: [hookOf(runId, token)] };
}

test("a token that is reserved for a run that failed is kept for its reopening (T4)", async () => {
  const world = await open({ prefix: freshId("world_") });
  const token = freshId("token_");
  const { runId } = await failedRun(world, token);
  const other = await createRun(world);
  expect(await world.hooks.reserve(token, runId, CALL)).toEqual({ status: "reserved" });
  const taken = { status: "taken", runId };
  expect(await world.hooks.reserve(token, other, CALL)).toEqual(taken);
  expect(await world.runs.reopen(reopening(runId, token))).toEqual({ status: "reopened" });
  expect(await world.hooks.find(token)).toEqual(hookOf(runId, token));
  expect(await world.hooks.reserve(token, other, CALL)).toEqual(taken);
});

test("a run whose token another has taken over meanwhile is not reopened (W4, T4)", async () => {
  const prefix = freshId("world_");
  const [world, hasty] = [await open({ prefix }), await open({ prefix, reservedMs: -1 })];
  const token = freshId("token_");
  const { runId } = await failedRun(world, token);
  const other = await createRun(world);
  await world.hooks.reserve(token, runId, CALL);
  expect(await hasty.hooks.reserve(token, other, CALL)).toEqual({ status: "reserved" });
  await expect(world.runs.reopen(reopening(runId, token))).rejects.toMatchObject({
    code: "HOOK_CONFLICT",
    message: expect.stringContaining(other) as string,
  });
  expect(await world.runs.get(runId)).toMatchObject({ status: "failed", position: 2 });
  expect(await world.hooks.find(token)).toBeNull();
});

test("a reopening that comes when its tokens may be taken over is refused (T4)", async () => {
  const world = await open({ prefix: freshId("world_"), reservedMs: -1_000 });
  const token = freshId("token_");
  const { runId } = await failedRun(world, token);
  await world.hooks.reserve(token, runId, CALL);
  const failure = { code: "STORAGE_FAILED" };
  await expect(world.runs.reopen(reopening(runId, token))).rejects.toMatchObject(failure);
  expect(await world.runs.get(runId)).toMatchObject({ status: "failed", position: 2 });
});

test("what is left of the end of a run does not give away its token when it goes on (T3)", async () => {
  const prefix = freshId("world_");
  const world = await open({ prefix });
  const [token, lost] = [freshId("token_"), freshId("token_")];
  const other = await createRun(world);
  const { runId } = await failedRun(world, token);
  const second = await failedRun(world, lost);
  // As if the process had died between the append and the giving back. While the note is there, the
  // token is anybody's.
  await redis.sadd(`${prefix}:{p0}:freed`, noteOf(token, runId), noteOf(lost, second.runId));
  await world.hooks.reserve(token, runId, CALL);
  await world.hooks.reserve(lost, second.runId, CALL);
  expect(await world.hooks.reserve(lost, other, CALL)).toEqual({ status: "reserved" });
  expect(await world.runs.reopen(reopening(runId, token))).toEqual({ status: "reopened" });
  await world.runs.expire({ finishedMs: 1e12, failedMs: 1e12 }, 10);
  expect(await redis.exists(`${prefix}:{p0}:freed`)).toBe(0);
  const taken = { status: "taken", runId };
  expect(await world.hooks.reserve(token, other, CALL)).toEqual(taken);
  expect(await redis.hget(`${prefix}:{t${lost}}`, "run")).toBe(other);
});

/** A giving back that stands still before one of its commands, while the run is reopened. */
test.each([
  ["reads the reservation", 2],
  ["looks for the note again", 3],
  ["frees the token", 4],
])("a giving back that %s after the reopening gives nothing back (T3)", async (_name, nth) => {
  const prefix = freshId("world_");
  const [world, slow] = [await open({ prefix }), await open({ prefix })];
  const token = freshId("token_");
  const { runId } = await failedRun(world, token);
  await redis.sadd(`${prefix}:{p0}:freed`, noteOf(token, runId));
  await world.hooks.reserve(token, runId, CALL);
  const { connection, tokens } = (slow.runs as unknown as WithParts).parts;
  const { ask } = connection;
  let count = 0;
  connection.ask = async (...args) => {
    if (++count === nth) await world.runs.reopen(reopening(runId, token));
    return ask.apply(connection, args);
  };
  await tokens.giveBack(`${prefix}:{p0}`);
  expect(count).toBeGreaterThanOrEqual(nth);
  expect(await redis.hget(`${prefix}:{t${token}}`, "run")).toBe(runId);
  expect(await world.hooks.find(token)).toEqual(hookOf(runId, token));
});

test("a run that is reopened is in the counts and indexes of what it is now, and in no other", async () => {
  const prefix = freshId("world_");
  const world = await open({ prefix });
  const token = freshId("token_");
  await world.bundles.put("other", "code");
  const { runId, session } = await failedRun(world, token);
  const base = `${prefix}:{p0}`;
  expect(await redis.zrange(`${base}:ended:failed`, "0", "-1")).toEqual([runId]);
  await world.runs.reopen(reopening(runId, token, "other"));
  expect(await redis.keys(`${base}:ended:*`)).toEqual([]);
  expect(await redis.hgetall(`${base}:bundleruns`)).toEqual({ other: "1" });
  expect((await world.runs.list({ status: "failed" })).data).toEqual([]);
  expect((await world.runs.list({ status: "running" })).data).toHaveLength(1);
  await world.runs.cancel(runId);
  await world.dispatch.closeSession(session);
  expect(await world.runs.purge(runId)).toBe(true);
  const names = (await redis.keys(`${base}:*`))
    .map((key) => key.slice(base.length + 1))
    // That a session was closed is known for a day.
    .filter((name) => !name.startsWith("over:"));
  const worldsOwn = ["bundles", "bytes", "clock", "guarded", "layout", "number", "served"];
  expect(names.sort()).toEqual(worldsOwn);
  expect(await redis.get(`${base}:bytes`)).toBe("0");
  expect(await redis.exists(`${prefix}:{t${token}}`)).toBe(0);
});

test("an append about the log alone runs no more commands than that takes", async () => {
  const prefix = freshId("world_");
  const world = await open({ prefix });
  const owned = await claimRun(world);
  await appended(world, append(owned));
  // The doorbells of the new run are another matter.
  const isQuiet = async () => (await redis.exists(`${prefix}:{q}:due:1`)) === 1;
  while (!(await isQuiet()));
  await redis.config("RESETSTAT");
  await appended(world, append(owned, { position: 3, seen: 0 }));
  const stats = await redis.info("commandstats");
  const commands = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => [
    name,
    Number(calls),
  ]);
  const once = ["evalsha", "hmget", "hset", "incrby", "publish", "srem", "xadd"];
  const counted = commands.filter(([name]) => !String(name).startsWith("config")).sort();
  expect(counted).toEqual(once.map((name) => [name, 1]));
});

/** What the world says at boot of what survives what, and what it refuses to stand on (P1). */
import { readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";
import { Redis } from "ioredis";
import { append, appended, claimRun, createRun, freshId } from "../../lib/conformance/check";
import type { World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { ACKNOWLEDGED } from "../../redis-world/acknowledged-writes";
import { checkDrivers } from "../../redis-world/drivers";
import type { Script } from "../../redis-world/scripts/script";
import { type RedisServer, startRedisServer } from "./redis-server";
import { until } from "./redis-cluster";

let server: RedisServer;
let redis: Redis;
const worlds: World[] = [];
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await startRedisServer({ settings: { "repl-diskless-sync-delay": 0 } });
  redis = new Redis(server.url);
}, 180_000);

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  for (const end of ends.splice(0)) await end();
  await set({ "maxmemory-policy": "noeviction", appendfsync: "everysec", appendonly: "no" });
  process.env["NODE_ENV"] = "test";
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function make(options: RedisWorldOptions = {}): World {
  const world = createRedisWorld({ url: server.url, prefix: freshId("world_"), ...options });
  worlds.push(world);
  return world;
}

async function set(settings: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await redis.config("SET", name, value);
}

async function startReplica(): Promise<RedisServer> {
  const settings = { replicaof: `127.0.0.1 ${server.port}` };
  const replica = await startRedisServer({ settings });
  ends.push(() => replica.stop());
  await until(async () => (await redis.info("replication")).includes("state=online"));
  return replica;
}

/** An address where the server says something else of itself. */
async function lyingAbout(what: RegExp, lie: string): Promise<string> {
  const proxy = createServer((client) => {
    const behind = connect(server.port, "127.0.0.1");
    client.pipe(behind);
    behind.on("data", (data) => {
      const text = data.toString("latin1");
      client.write(
        text.replace(what, (found) => lie.padEnd(found.length, "0")),
        "latin1",
      );
    });
    for (const socket of [client, behind]) socket.on("error", () => undefined);
    client.on("close", () => behind.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  ends.push(async () => void proxy.close());
  return `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

const refused = (code: string, message: RegExp) => ({
  code,
  message: expect.stringMatching(message) as string,
});

test("a server that writes nothing to its disk is said to lose all of it", async () => {
  expect(await make().start()).toMatch(/; a restart of the server loses all of it\.$/);
});

test("what a log survives is said, and how much of it a loss of power takes", async () => {
  await set({ appendonly: "yes" });
  expect(await make().start()).toMatch(/survives a crash .* but for the last second\.$/);
  await set({ appendfsync: "always" });
  expect(await make().start()).toMatch(/survives a crash of the server and the loss of power\.$/);
});

test("a world that is started again says what is true by then", async () => {
  const world = make();
  await world.start();
  await set({ appendonly: "yes" });
  expect(await world.start()).toMatch(/but for the last second/);
});

test("a server that removes data is refused in production, and said loudly elsewhere (D3)", async () => {
  await set({ "maxmemory-policy": "volatile-lru" });
  expect(await make().start()).toMatch(/WARNING: it removes data .*volatile-lru/);
  process.env["NODE_ENV"] = "production";
  const refusal = refused("REDIS_EVICTS", /maxmemory-policy volatile-lru/);
  await expect(make().start()).rejects.toMatchObject(refusal);
  await expect(make().runs.get("wrun_1")).rejects.toMatchObject(refusal);
  expect(await make({ allowEviction: true }).start()).toMatch(/WARNING/);
});

test("a user that may not read settings is told that they are unknown, and runs go on (D11)", async () => {
  await redis.call("ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-config", "-info");
  const url = server.url.replace("//", "//app:pw@");
  const warn = jest.spyOn(console, "warn").mockImplementation(() => undefined);
  const world = make({ url });
  expect(await world.start()).toMatch(/does not tell its settings; what survives is up to them\.$/);
  expect(await world.start()).not.toContain("pw@");
  const owned = await claimRun(world);
  await appended(world, append(owned));
  warn.mockRestore();
});

test("a user that may not read settings still learns what INFO says (D11)", async () => {
  await redis.call("ACL", "SETUSER", "some", "on", ">pw", "~*", "&*", "+@all", "-config");
  await set({ appendonly: "yes", "maxmemory-policy": "allkeys-lru" });
  const said = await make({ url: server.url.replace("//", "//some:pw@") }).start();
  expect(said).toMatch(/survives a crash of the server.*WARNING: it removes data/);
});

test("a server older than 7.0 is refused, with its version", async () => {
  const url = await lyingAbout(/redis_version:[\d.]+/, "redis_version:6.2");
  const refusal = refused("REDIS_TOO_OLD", /is version 6\.2/);
  await expect(make({ url }).start()).rejects.toMatchObject(refusal);
});

test("fsync is refused where neither the settings nor WAITAOF give it (D6)", async () => {
  await set({ appendonly: "yes" });
  const refusal = refused("DURABILITY_NOT_AVAILABLE", /Redis 7\.2 or newer.*appendfsync always/);
  await expect(make({ durability: "fsync" }).start()).rejects.toMatchObject(refusal);
});

test("fsync is what appendfsync always gives, and no write waits for anything more", async () => {
  await set({ appendonly: "yes", appendfsync: "always" });
  const world = make({ durability: "fsync" });
  expect(await world.start()).toMatch(/is on its disk, and survives .* the loss of power\.$/);
  await redis.config("RESETSTAT");
  await createRun(world);
  expect(await redis.info("commandstats")).not.toMatch(/cmdstat_wait/);
});

test("memory says that nothing is waited for, and waits for nothing", async () => {
  const world = make({ durability: "memory" });
  expect(await world.start()).toMatch(/nothing is waited for \(durability: memory\)/);
  await redis.config("RESETSTAT");
  await createRun(world);
  expect(await redis.info("commandstats")).not.toMatch(/cmdstat_wait/);
});

test("replicated is refused where there is no replica", async () => {
  const refusal = refused("DURABILITY_NOT_AVAILABLE", /no replica that answers/);
  await expect(make({ durability: "replicated" }).start()).rejects.toMatchObject(refusal);
});

test("replicated: what is acknowledged is on a replica, whatever becomes of the server", async () => {
  const replica = await startReplica();
  const copy = new Redis(replica.url);
  ends.push(() => Promise.resolve(copy.disconnect()));
  const world = make({ durability: "replicated", prefix: "copied" });
  expect(await world.start()).toMatch(/is on a replica as well/);
  await redis.script("FLUSH");
  for (let count = 1; count <= 50; count++) {
    const { runId } = await claimRun(world);
    expect(await copy.hget(`copied:{p0}:run:${runId}`, "position")).toBe("1");
  }
  const owned = await claimRun(world);
  await appended(world, append(owned));
  expect(await copy.xlen(`copied:{p0}:log:${owned.runId}`)).toBe(2);
  await world.inbox.send(owned.runId, { id: "m1", body: "hello" });
  expect(await copy.xlen(`copied:{p0}:inbox:${owned.runId}`)).toBe(1);
});

test("replicated: writes of one moment share what they wait for", async () => {
  await startReplica();
  const world = make({ durability: "replicated" });
  await world.start();
  await createRun(world);
  await redis.config("RESETSTAT");
  await Promise.all(Array.from({ length: 20 }, () => createRun(world)));
  const waits = Number(/cmdstat_wait:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1]);
  expect(waits).toBeLessThan(10);
});

test("replicated: a write that no replica has is an error, and may be made again (W8)", async () => {
  const replica = await startReplica();
  const world = make({ durability: "replicated" });
  await world.start();
  const owned = await claimRun(world);
  const given = append(owned);
  replica.freeze();
  const refusal = refused("REDIS_NOT_CONFIRMED", /No replica has confirmed/);
  await expect(world.runs.append(given)).rejects.toMatchObject(refusal);
  // What waits for nothing goes on meanwhile.
  expect(await world.runs.get(owned.runId)).toMatchObject({ position: 2 });
  replica.thaw();
  await until(async () => (await redis.wait(1, 100)) === 1);
  expect((await world.runs.append(given)).status).toBe("done");
  expect(await world.runs.read(owned.runId, 1, 10)).toHaveLength(2);
});

/** Nobody is told of what these write, or it is made again by whoever needs it. */
const EASY_TO_LOSE = [
  ...["CLAIM_RUNS", "RELEASE_RUN", "STRIKE_RUN", "EXPIRE_RUNS", "PURGE_RUN", "TELL_TIME"],
  ...["RENEW_SESSION", "KEEP_SESSION", "CLOSE_SESSION", "APPEAR", "DISAPPEAR", "TAKE_STEPS"],
  ...["TAKE_FOLLOW_UPS", "FOLLOW_UP_DONE", "MARK_BUNDLE", "DROP_BUNDLE_TEXT"],
  ...["FREE_TOKEN", "FREE_KEY", "KEY_STATE", "ENTER_LINE", "LEAVE_LINE", "ADMIT"],
  ...["SHARE_PERMITS", "DROP_PERMITS", "LET_GO"],
];

test("every script that writes waits for its confirmation, or is known to be easy to lose (A1)", () => {
  const folder = path.resolve(__dirname, "../../redis-world/scripts");
  const scripts = readdirSync(folder).flatMap((file) =>
    Object.entries(jest.requireActual<Record<string, unknown>>(path.join(folder, file))),
  );
  const isWriting = (value: unknown): value is Script =>
    typeof (value as Script).sha === "string" && !/^#!lua.*no-writes/.test((value as Script).text);
  const writing = scripts.filter(([, value]) => isWriting(value));
  const left = writing.filter(([, value]) => !ACKNOWLEDGED.has(value as Script));
  expect(writing.length).toBeGreaterThan(30);
  expect(left.map(([name]) => name).filter((name) => !EASY_TO_LOSE.includes(name))).toEqual([]);
});

test.each([
  ["bullmq", "6.1.2", "stops taking jobs"],
  ["bullmq", "6.3.2", "stops taking jobs"],
  ["bullmq", "6.6.9", "older than"],
  ["bullmq", "5.81.2", "older than"],
  ["ioredis", "5.3.2", "cut off"],
])("the driver %s %s is refused, with what to install (C16)", (name, version, why) => {
  const installed: Record<string, string> = { ioredis: "6.0.0", bullmq: "6.7.0", [name]: version };
  const load = (asked: string) => ({ version: installed[asked.split("/")[0]!] });
  const refusal = refused("REDIS_DRIVER_UNSUITABLE", new RegExp(`${why}.*npm install ${name}@`));
  expect(() => checkDrivers(load)).toThrow(expect.objectContaining(refusal) as Error);
});

test("drivers that work are accepted, newer ones too", () => {
  const load = (asked: string) => ({
    version: asked.startsWith("bull") ? "7.0.0-beta.1" : "5.4.0",
  });
  checkDrivers(load);
  checkDrivers();
});

test("a driver that is not installed is named, with what to install", () => {
  const load = (asked: string) => {
    if (asked.startsWith("bullmq")) throw new Error("Cannot find module");
    return { version: "6.0.0" };
  };
  const refusal = refused("REDIS_DRIVER_MISSING", /npm install bullmq@/);
  expect(() => checkDrivers(load)).toThrow(expect.objectContaining(refusal) as Error);
});

test("another number of partitions than the data has is refused, also by who never starts (K3)", async () => {
  const prefix = freshId("world_");
  await make({ prefix, partitions: 4 }).start();
  const refusal = refused("DATA_FORMAT_NOT_SUPPORTED", /has format 1, partitions 4/);
  await expect(make({ prefix }).start()).rejects.toMatchObject(refusal);
  await expect(createRun(make({ prefix }))).rejects.toMatchObject(refusal);
  expect(() => make({ partitions: 65 })).toThrow(/1 to 64/);
});

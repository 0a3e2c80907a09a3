/** Servers that are away, cut off, full or no longer the master, and what becomes of those who ask. */
import { Redis } from "ioredis";
import {
  append,
  claimRun,
  complete,
  createRun,
  freshId,
  newRun,
} from "../../lib/conformance/check";
import type { Append, World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { Connection } from "../../redis-world/connection";
import { News } from "../../redis-world/news";
import { until } from "./redis-cluster";
import { type RedisServer, startRedisServer } from "./redis-server";
import { TcpProxy } from "./tcp-proxy";

let server: RedisServer;
let redis: Redis;
let proxy: TcpProxy;
const worlds: World[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
}, 180_000);

beforeEach(async () => {
  proxy = await TcpProxy.open(server.port);
});

afterEach(async () => {
  await redis.config("SET", "maxmemory", "0");
  await redis.call("REPLICAOF", "NO", "ONE");
  proxy.pass();
  for (const world of worlds.splice(0)) await world.close();
  await proxy.close();
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function open(options: RedisWorldOptions = {}): Promise<World> {
  const world = createRedisWorld({ url: proxy.url, prefix: freshId("world_"), ...options });
  worlds.push(world);
  await world.start();
  return world;
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await action();
  return (performance.now() - before) / 1000;
}

/** As whoever owns a run does it, until it is answered. */
function isDone(world: World, given: Append): Promise<boolean> {
  return world.runs.append(given).then(
    ({ status }) => status === "done",
    () => false,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const unreachable = { code: "REDIS_UNREACHABLE" };

test("a start while Redis is away is refused within two seconds, and the next one goes on (C14)", async () => {
  const world = await open();
  await createRun(world);
  proxy.refuse();
  const start = () => world.runs.create(newRun(freshId("wrun_")));
  const seconds = await secondsOf(() => expect(start()).rejects.toMatchObject(unreachable));
  expect(seconds).toBeLessThan(2);
  proxy.pass();
  await until(() =>
    start().then(
      () => true,
      () => false,
    ),
  );
});

test("an outage of a moment is not noticed by whoever asks during it", async () => {
  const world = await open();
  await createRun(world);
  proxy.refuse();
  await expect(createRun(world)).rejects.toMatchObject(unreachable);
  const asked = createRun(world);
  setTimeout(() => proxy.pass(), 300);
  await asked;
});

test("a world whose Redis comes up after it waits for that", async () => {
  proxy.refuse();
  const opening = open();
  // Longer than those wait who come later.
  await pause(2_500);
  proxy.pass();
  await createRun(await opening);
});

test("a connection on which nothing comes any more is given up, and a new one made (C2)", async () => {
  const world = await open();
  const owned = await claimRun(world);
  const given = append(owned);
  proxy.hole();
  const seconds = await secondsOf(() =>
    expect(world.runs.append(given)).rejects.toMatchObject(unreachable),
  );
  expect(seconds).toBeLessThan(10);
  proxy.pass();
  await until(() => isDone(world, given));
  expect(await world.runs.read(owned.runId, 1, 10)).toHaveLength(2);
});

test("a listener on whose connection nothing comes any more gets a new one (C2)", async () => {
  const connection = new Connection({ url: proxy.url, isCluster: false });
  const news = new News(connection, 100);
  const heard: (string | null)[] = [];
  news.listen("channel", (about) => heard.push(about));
  await until(() => heard.length === 1);
  const before = await connections();
  proxy.hole();
  // Redis hears nothing of the end of the first connection, and goes on sending to it.
  await until(async () => (await connections()) > before);
  proxy.pass();
  await until(() => heard.length > 1);
  await redis.publish("channel", "news");
  await until(() => heard.includes("news"));
  news.stop();
  connection.close();
});

async function connections(): Promise<number> {
  return String(await redis.client("LIST"))
    .trim()
    .split("\n").length;
}

test("a connection to what has become a replica leads to the master again (D5)", async () => {
  const world = await open();
  const owned = await claimRun(world);
  await redis.call("REPLICAOF", "127.0.0.1", "1");
  const given = append(owned);
  const seconds = await secondsOf(() =>
    expect(world.runs.append(given)).rejects.toMatchObject(unreachable),
  );
  expect(seconds).toBeLessThan(2);
  await redis.call("REPLICAOF", "NO", "ONE");
  await until(() => isDone(world, given));
  expect(await world.runs.read(owned.runId, 1, 10)).toHaveLength(2);
});

test("a full server takes nothing new, and lets go of what is over (D4)", async () => {
  const world = await open();
  const [owned, over] = [await claimRun(world), await claimRun(world)];
  await complete(world, over);
  await redis.config("SET", "maxmemory", "1mb");
  const full = { code: "REDIS_FULL", message: expect.stringContaining("maxmemory") as string };
  await expect(createRun(world)).rejects.toMatchObject(full);
  await expect(world.runs.create(newRun(freshId("wrun_")))).rejects.toMatchObject(full);
  await expect(world.runs.append(append(owned))).rejects.toMatchObject(full);
  expect(await world.check!()).toMatch(/no memory left/);
  // Who owns a run keeps it, and what there is can be looked at and removed.
  expect(await world.dispatch.renew(owned.session)).not.toBeNull();
  expect(await world.now()).toBeGreaterThan(0);
  expect(await world.runs.purge(over.runId)).toBe(true);
  await redis.config("SET", "maxmemory", "0");
  expect(await world.check!()).toBeNull();
  await createRun(world);
});

/** A real cluster under load: a master dies, and slots go from one to another (D7, P1). */
import type { Redis } from "ioredis";
import { freshId } from "../../lib/conformance/check";
import type { World } from "../../lib/contract/world";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { Keys } from "../../redis-world/keys";
import { type ClusterNode, type RedisCluster, startRedisCluster, until } from "./redis-cluster";
import { RunLoad } from "./run-load";

const CLIENTS = 20;

let cluster: RedisCluster;
const worlds: World[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await cluster.stop();
});

async function open(options: RedisWorldOptions = {}): Promise<World> {
  const world = createRedisWorld({ url: cluster.url, prefix: "everstep", ...options });
  worlds.push(world);
  await world.start();
  return world;
}

async function nodeOfSlot(slot: number): Promise<[from: ClusterNode, to: ClusterNode]> {
  const from = cluster.masters.find(({ first, last }) => first <= slot && slot <= last)!;
  return [from, cluster.masters.find((each) => each !== from)!];
}

/** As redis-cli does it, while everything goes on; calls back when it is half done. */
async function moveSlot(slot: number, halfDone: () => Promise<void>): Promise<number> {
  const [from, to] = await nodeOfSlot(slot);
  await to.redis.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
  await from.redis.call("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
  const total = Number(await from.redis.call("CLUSTER", "COUNTKEYSINSLOT", slot));
  let moved = 0;
  for (;;) {
    const keys = (await from.redis.call("CLUSTER", "GETKEYSINSLOT", slot, 10)) as string[];
    if (keys.length === 0) break;
    const { port } = to.server;
    await from.redis.call("MIGRATE", "127.0.0.1", port, "", 0, 5_000, "REPLACE", "KEYS", ...keys);
    const isHalf = moved < total / 2 && moved + keys.length >= total / 2;
    moved += keys.length;
    if (isHalf) await halfDone();
  }
  for (const { redis } of [to, from]) await redis.call("CLUSTER", "SETSLOT", slot, "NODE", to.id);
  return moved;
}

async function errorsOf(redis: Redis): Promise<string> {
  return redis.info("errorstats");
}

test("a slot that goes to another node under load loses nothing and doubles nothing (D7)", async () => {
  cluster = await startRedisCluster();
  const world = await open();
  const keys = new Keys("everstep", 64);
  const place = keys.partitions[5]!;
  const slot = Number(await cluster.masters[0]!.redis.call("CLUSTER", "KEYSLOT", place));
  // Every second client has its runs in the partition that moves, and the others have none there.
  const newId = (client: number) => {
    for (;;) {
      const id = freshId("run-");
      if ((keys.ofRun(id) === place) === (client % 2 === 0)) return id;
    }
  };
  const load = new RunLoad(world, CLIENTS, newId);
  await until(() => load.finished > 60);
  const moved = await moveSlot(slot, async () => {
    const before = load.finished;
    // What is elsewhere goes on while this slot waits.
    await until(() => load.finished > before + 20);
  });
  expect(moved).toBeGreaterThan(100);
  const before = load.finished;
  await until(() => load.finished > before + 60);
  await load.stop();
  await load.check();
  const [, to] = await nodeOfSlot(slot);
  expect(await to.redis.exists(`${place}:runs`)).toBe(1);
  for (const { redis } of cluster.masters) expect(await errorsOf(redis)).not.toMatch(/CROSSSLOT/);
}, 60_000);

test("replicated: a master that dies under load takes nothing along that was acknowledged (P1)", async () => {
  cluster = await startRedisCluster({ replicas: [2, 1, 1] });
  const world = await open({ durability: "replicated" });
  const load = new RunLoad(world, CLIENTS, () => world.runs.newId());
  await until(() => load.finished > 60);
  const [victim] = cluster.masters;
  await victim!.server.stop();
  const before = load.finished;
  // More than what can end without the part that was there.
  await until(() => load.finished > before + 200);
  await load.stop();
  await load.check();
  expect(load.finished).toBe(load.facts.size);
  expect([...load.errors.keys()].sort()).not.toContain("STORAGE_FAILED");
}, 90_000);

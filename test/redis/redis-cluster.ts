/** A Redis Cluster of the tests' own: real servers that know each other, with all slots on masters. */
import { Redis } from "ioredis";
import { type RedisServer, startRedisServer } from "./redis-server";

const SLOTS = 16_384;
const READY_WITHIN_MS = 60_000;
const LOOK_MS = 20;

export interface RedisCluster {
  /** Of all its nodes. */
  url: string;
  masters: ClusterNode[];
  stop(): Promise<void>;
}

export interface ClusterNode {
  server: RedisServer;
  /** For the test alone. */
  redis: Redis;
  id: string;
  first: number;
  last: number;
}

/** `replicas`: how many each of the masters has. */
export async function startRedisCluster({
  masters = 3,
  replicas = [] as readonly number[],
  nodeTimeoutMs = 1_000,
} = {}): Promise<RedisCluster> {
  const followed = replicas.flatMap((number, master) =>
    Array.from({ length: number }, () => master),
  );
  const settings = {
    "cluster-node-timeout": nodeTimeoutMs,
    "cluster-replica-validity-factor": 0,
    "repl-diskless-sync-delay": 0,
  };
  const count = masters + followed.length;
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const server = await startRedisServer({ isCluster: "empty", settings });
      const redis = new Redis(server.url, { maxRetriesPerRequest: null });
      redis.on("error", () => undefined);
      const id = String(await redis.call("CLUSTER", "MYID"));
      const share = SLOTS / masters;
      const [first, last] = [Math.round(at * share), Math.round((at + 1) * share) - 1];
      return { server, redis, id, first, last };
    }),
  );
  const owning = nodes.slice(0, masters);
  const following = nodes.slice(masters);
  for (const [at, { redis, first, last }] of nodes.entries()) {
    // Each votes for itself alone otherwise.
    await redis.call("CLUSTER", "SET-CONFIG-EPOCH", at + 1);
    if (at < masters) await redis.call("CLUSTER", "ADDSLOTSRANGE", first, last);
    await redis.call("CLUSTER", "MEET", "127.0.0.1", nodes[0]!.server.port);
  }
  await until(() => everyone(nodes, async ({ redis }) => (await knownTo(redis)) === count));
  for (const [at, { redis }] of following.entries()) {
    await redis.call("CLUSTER", "REPLICATE", owning[followed[at]!]!.id);
  }
  await until(() => everyone(nodes, async ({ redis }) => isWhole(redis)));
  await until(() => everyone(following, async ({ redis }) => isLinked(redis)));
  const stop = async () => {
    for (const { redis } of nodes) redis.disconnect();
    await Promise.all(nodes.map(({ server }) => server.stop()));
  };
  const url = nodes.map(({ server }) => server.url).join(",");
  return { url, masters: owning, stop };
}

async function everyone(
  nodes: readonly ClusterNode[],
  isTrue: (node: ClusterNode) => Promise<boolean>,
): Promise<boolean> {
  return (await Promise.all(nodes.map(isTrue))).every(Boolean);
}

async function knownTo(redis: Redis): Promise<number> {
  const lines = String(await redis.call("CLUSTER", "NODES"))
    .trim()
    .split("\n");
  return lines.filter((line) => !/handshake|noaddr|fail/.test(line)).length;
}

async function isWhole(redis: Redis): Promise<boolean> {
  return String(await redis.call("CLUSTER", "INFO")).includes("cluster_state:ok");
}

async function isLinked(redis: Redis): Promise<boolean> {
  return (await redis.info("replication")).includes("master_link_status:up");
}

/** Asks again until it is so; servers say so themselves, or the test runs out of time. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  withinMs = READY_WITHIN_MS,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > giveUpAt) throw new Error(`Not so within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

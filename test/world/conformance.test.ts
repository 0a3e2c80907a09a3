/** The conformance suite on each of our worlds, plain and behind networks that misbehave (P10). */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { WORLD_CHECKS } from "../../lib/conformance";
import type { World } from "../../lib/contract/world";
import { createTestWorld } from "../../lib/testing";
import { createRedisWorld } from "../../redis-world";
import { isDeep } from "../toolchain/install";
import { startRedisCluster } from "../redis/redis-cluster";
import { startRedisServer } from "../redis/redis-server";
import { delayed, repeated } from "./unreliable-world";

process.env["WORKFLOW_SECRET"] = "known to all processes of this test";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);

interface Servers {
  url: string;
  stop(): Promise<void>;
}

const servers = new Map<boolean, Promise<Servers>>();

const WORLDS: Record<string, (name: string) => Promise<World>> = {
  "the embedded world": async () =>
    createEmbeddedWorld({ dataDir: mkdtempSync(path.join(tmpdir(), "everstep-world-")) }),
  "the test world": async () => createTestWorld({ executes: false }),
  "the Redis world on one server": (name) => redisWorld(name, false),
  "the Redis world in several partitions": (name) => redisWorld(name, false, 5),
  "the Redis world on a cluster": (name) => redisWorld(name, true),
};

const NETWORKS: Record<string, (world: World) => World> = {
  plain: (world) => world,
  [`with delays, seed ${SEED}`]: (world) => delayed(world, SEED),
  "with answers that are lost": repeated,
};

/** What is slow there, and shows no more than it does elsewhere. */
const SPARED = isDeep
  ? []
  : [/on a cluster, with/, /in several partitions, (?:plain|with answers)/];

const CASES = Object.entries(WORLDS)
  .flatMap(([name, open]) =>
    Object.entries(NETWORKS).map(([network, decorate]) => [name, network, open, decorate] as const),
  )
  .filter(([name, network]) => !SPARED.some((each) => each.test(`${name}, ${network}`)));

/** One server, and one cluster of three masters; on each a world for each network. */
async function redisWorld(name: string, isCluster: boolean, partitions?: number): Promise<World> {
  const server = servers.get(isCluster) ?? (isCluster ? startRedisCluster() : startRedisServer());
  servers.set(isCluster, server);
  const prefix = `${name} ${partitions ?? ""}`;
  const { url } = await server;
  return createRedisWorld({ url, isCluster, prefix, ...(partitions && { partitions }) });
}

afterAll(async () => {
  for (const server of servers.values()) await (await server).stop();
});

describe.each(CASES)("%s, %s", (_name, network, open, decorate) => {
  let world: World;

  beforeAll(async () => {
    world = await open(network);
    await world.start();
  }, 180_000);

  afterAll(() => world.close());

  test.each(WORLD_CHECKS.map((check) => [check.id, check.name, check] as const))(
    "%s: %s",
    async (_id, _title, { run }) => {
      await run(decorate(world));
    },
  );
});

test("each check has an id of its own", () => {
  const ids = WORLD_CHECKS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

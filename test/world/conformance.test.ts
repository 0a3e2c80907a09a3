/** The conformance suite on each of our worlds, plain and behind networks that misbehave (P10). */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { WORLD_CHECKS } from "../../lib/conformance";
import type { World } from "../../lib/contract/world";
import { delayed, repeated } from "./unreliable-world";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);

const NETWORKS: Record<string, (world: World) => World> = {
  plain: (world) => world,
  [`with delays, seed ${SEED}`]: (world) => delayed(world, SEED),
  "with answers that are lost": repeated,
};

describe.each(Object.entries(NETWORKS))("the embedded world, %s", (_name, network) => {
  let world: World;

  beforeAll(async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), "everstep-world-"));
    world = createEmbeddedWorld({ dataDir });
    await world.start();
  });

  afterAll(() => world.close());

  test.each(WORLD_CHECKS.map((check) => [check.id, check.name, check] as const))(
    "%s: %s",
    async (_id, _title, { run }) => {
      await run(network(world));
    },
  );
});

test("each check has an id of its own", () => {
  const ids = WORLD_CHECKS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

/** Every scenario on every kind of day: whatever the world does, runs end as they should (P2, P4, P10). */
import { resumeHook } from "../../lib/api";
import { compileBundle } from "../../lib/replay/sandbox";
import { replay } from "../../lib/replay/replay";
import type { RunEvent } from "../../lib/contract/event";
import type { StoredBundle } from "../../lib/contract/bundle";
import { createRedisWorld } from "../../redis-world";
import { type RedisServer, startRedisServer } from "../redis/redis-server";
import { testServices } from "../replay/world";
import { delayed, failing, repeated, ringing } from "../world/unreliable-world";
import { type Scenario, SCENARIO_SOURCE, SCENARIOS } from "./scenarios";
import { openApp, startOf, type TestApp, type TestAppOptions, until } from "./test-app";

const SEED = Number(process.env.EVERSTEP_SEED ?? Date.now() % 100_000);

let redis: RedisServer;
const onRedis = (prefix: string) => () => createRedisWorld({ url: redis.url, prefix });

const DAYS: Record<string, TestAppOptions> = {
  plain: {},
  "cold after every turn": { contexts: 0 },
  "one step at a time": { concurrency: 1 },
  "every doorbell rung three times": { network: ringing },
  "every answer lost once": { network: repeated },
  [`calls that are late, seed ${SEED}`]: { network: (world) => delayed(world, SEED) },
  [`calls that fail, seed ${SEED}`]: { network: (world) => failing(world, SEED) },
  "on Redis": { openWorld: onRedis("plain") },
  [`on Redis, calls that fail, seed ${SEED}`]: {
    openWorld: onRedis("failing"),
    network: (world) => failing(world, SEED),
  },
};

beforeAll(async () => {
  redis = await startRedisServer();
}, 180_000);
afterAll(() => redis.stop());

describe.each(Object.entries(DAYS))("%s", (_name, options) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openApp(SCENARIO_SOURCE, options);
  });
  afterAll(() => app.stop());

  test.each(SCENARIOS.map((scenario) => [scenario.workflow, scenario] as const))(
    "%s",
    async (_workflow, scenario) => {
      const runs = await Promise.all([1, 2, 3].map(() => startOf(app, scenario.workflow)));
      for (const run of runs) await sendPayloads(app, run.runId, scenario);
      const ends = await Promise.all(
        runs.map((run) => run.returnValue.catch((error: Error) => (error.cause as Error).message)),
      );
      expect(ends).toEqual([scenario.expected, scenario.expected, scenario.expected]);
      for (const run of runs) await expectSameReplay(app, run.runId);
    },
  );
});

async function sendPayloads(app: TestApp, runId: string, { payloads = [] }: Scenario) {
  const token = `talk:${runId}`;
  if (payloads.length > 0) await until(async () => (await app.world.hooks.find(token)) !== null);
  for (const payload of payloads) await resumeHook(token, payload, { world: app.world });
}

/** The log of the run leads to the same end in a context of its own (P4). */
async function expectSameReplay(app: TestApp, runId: string): Promise<void> {
  const entries = await app.world.runs.read(runId, 1, 1000);
  const events: RunEvent[] = entries.map(({ event }) => event);
  const { bundle: hash, status } = (await app.world.runs.get(runId))!;
  const { code } = JSON.parse((await app.world.bundles.get(hash))!) as StoredBundle;
  const outcome = replay(events, { bundle: compileBundle(code, hash), services: testServices() });
  expect(outcome.status).toBe(status);
}

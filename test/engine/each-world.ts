/** The same app on every world: what is tested here must not depend on where runs are stored (P10). */
import path from "node:path";
import { compileBundle } from "../../lib/replay/sandbox";
import type { StoredBundle } from "../../lib/contract/bundle";
import { registryRecords } from "../../lib/contract/registry";
import type { RunEvent } from "../../lib/contract/event";
import { createRedisWorld } from "../../redis-world";
import { type RedisServer, startRedisServer } from "../redis/redis-server";
import { checkLog, checkReplay } from "./check-log";
import { openApp, type TestApp, type TestAppOptions, until } from "./test-app";

/** Where the tests of a block are. */
export interface Here {
  app: TestApp;
  /** JavaScript that opens the same world in another process; `load` finds our modules. */
  worldCode(): string;
}

/** `describe` for each world; the app is open while its tests run. */
export function describeOnEachWorld(
  source: string,
  groups: readonly (() => void)[],
  options: TestAppOptions = {},
): Here {
  const here = {} as Here;
  describe.each(["embedded", "redis"])("%s", (world) => {
    let redis: RedisServer | undefined;
    beforeAll(async () => {
      if (world === "redis") redis = await startRedisServer();
      await openHere(here, source, options, redis?.url);
    }, 180_000);
    afterAll(async () => {
      await here.app.stop();
      await redis?.stop();
      registryRecords().splice(0);
    });
    for (const group of groups) group();
  });
  return here;
}

async function openHere(here: Here, source: string, options: TestAppOptions, url?: string) {
  if (url === undefined) {
    here.app = await openApp(source, options);
    const given = JSON.stringify({ dataDir: path.join(here.app.root, "data") });
    here.worldCode = () => `load("embedded-world/index.js").createEmbeddedWorld(${given})`;
    return;
  }
  const given = { url, prefix: "each" };
  here.app = await openApp(source, { ...options, openWorld: () => createRedisWorld(given) });
  here.worldCode = () => `load("redis-world/index.js").createRedisWorld(${JSON.stringify(given)})`;
}

export async function isHookOpen(app: TestApp, token: string): Promise<boolean> {
  return (await app.world.hooks.find(token)) !== null;
}

/** Resolves when the hook can be resumed. */
export function hookOf(app: TestApp, token: string): Promise<void> {
  return until(() => isHookOpen(app, token));
}

export async function logOf(app: TestApp, runId: string): Promise<RunEvent[]> {
  const entries = await app.world.runs.read(runId, 1, 10_000);
  return entries.map(({ event }) => event);
}

/** The rules of logs hold, and a replay comes to the same end (P4). */
export async function expectGoodLog(
  { world }: Pick<TestApp, "world">,
  runId: string,
): Promise<void> {
  const entries = await world.runs.read(runId, 1, 10_000);
  const { bundle: hash } = (await world.runs.get(runId))!;
  const { code } = JSON.parse((await world.bundles.get(hash))!) as StoredBundle;
  const events = entries.map(({ event }) => event);
  expect([...checkLog(entries), ...checkReplay(events, compileBundle(code, hash))]).toEqual([]);
}

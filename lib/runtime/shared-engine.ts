/**
 * One engine for a world in this process, however many runtimes ask for it: two would claim with one
 * session, and each would take the appends of the other for repetitions of its own.
 */
import type { World } from "../contract/world";
import { Engine } from "../engine/engine";
import { consoleLogger } from "../engine/logger";
import type { EngineSettings } from "../engine/make-parts";
import { current } from "./current";

export interface SharedEngine {
  /** Resolves when it executes, or stands by. */
  started: Promise<void>;
  /** The last one to leave stops it. */
  leave(graceMs?: number): Promise<void>;
}

export function shareEngine(world: World, options: EngineSettings): SharedEngine {
  const { engines } = current();
  let shared = engines.get(world);
  if (shared) {
    const { log = consoleLogger } = options;
    log(
      "warn",
      "This process executes the runs of this world already; the two runtimes share that",
    );
  } else {
    const engine = new Engine(world, options);
    engines.set(world, (shared = { engine, users: 0, started: engine.start() }));
  }
  shared.users++;
  const { started, engine } = shared;
  return {
    started,
    async leave(graceMs) {
      if (--shared.users > 0) return;
      engines.delete(world);
      await engine.stop(graceMs);
    },
  };
}

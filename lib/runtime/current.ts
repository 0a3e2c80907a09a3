/**
 * The world and the bundle that `start` and `getRun` use when nobody names others. Kept on
 * `globalThis`, so that two copies of the package in a process are one runtime.
 */
import type { Engine } from "../engine/engine";
import type { World } from "../contract/world";
import { AppBundle } from "./app-bundle";
import { worldFromEnvironment } from "./world-from-environment";

interface Current {
  world?: World | undefined;
  app?: AppBundle | undefined;
  /** What executes in this process. */
  engines: Map<World, EngineUse>;
}

interface EngineUse {
  engine: Engine;
  users: number;
  started: Promise<void>;
}

const SYMBOL = Symbol.for("everstep.runtime");

interface CurrentHolder {
  [SYMBOL]?: Current;
}

export function current(): Current {
  return ((globalThis as CurrentHolder)[SYMBOL] ??= { engines: new Map() });
}

/** The world of this process: the one that was set, else the one that the environment names. */
export function getWorld(): World {
  return (current().world ??= worldFromEnvironment());
}

/** Undefined: the environment decides again. */
export function setWorld(world: World | undefined): void {
  current().world = world;
}

export function getApp(): AppBundle {
  return (current().app ??= new AppBundle());
}

/** Undefined: it is looked for again. */
export function setApp(app: AppBundle | undefined): void {
  current().app = app;
}

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
  /** The runtimes of this process, by their worlds. */
  uses?: Map<World, WorldUse>;
}

interface EngineUse {
  engine: Engine;
  users: number;
  started: Promise<void>;
}

interface WorldUse {
  runtimes: number;
  /** A runtime has made the world, so the last runtime closes it. */
  isMadeHere: boolean;
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

export function useWorld(world: World, isMadeHere: boolean): void {
  const uses = (current().uses ??= new Map());
  const use = uses.get(world) ?? { runtimes: 0, isMadeHere };
  uses.set(world, use);
  use.runtimes++;
}

/** Whether the runtime that leaves has to close it. */
export function leaveWorld(world: World): boolean {
  const use = current().uses?.get(world);
  if (!use || --use.runtimes > 0) return false;
  current().uses!.delete(world);
  return use.isMadeHere;
}

export function getApp(): AppBundle {
  return (current().app ??= new AppBundle());
}

/** Undefined: it is looked for again. */
export function setApp(app: AppBundle | undefined): void {
  current().app = app;
}

/**
 * Loads the app's modules with workflows and steps, so that a step is there before the first request
 * that would have loaded it. Sources can be loaded where something compiles them on the way: under
 * everstep/register, or a test runner.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Manifest, ManifestFunction } from "../contract/manifest";
import { findRecord } from "../contract/registry";

const REGISTER_SYMBOL = Symbol.for("everstep.register");

/** Gives the entries of the manifest's modules that were loaded. */
export async function loadModules(manifest: Manifest, root: string): Promise<string[]> {
  if (!(REGISTER_SYMBOL in globalThis)) return [];
  const loaded: string[] = [];
  for (const module of manifest.modules) {
    const file = path.resolve(root, module);
    if (isRegistered(manifest, module) || !existsSync(file)) continue;
    await import(pathToFileURL(file).href);
    loaded.push(module);
  }
  return loaded;
}

/** Steps of the manifest that no module of this process has registered. */
export function stepsNotLoaded({ steps }: Manifest): ManifestFunction[] {
  return steps.filter(({ id }) => findRecord(id) === undefined);
}

function isRegistered({ workflows, steps, classes }: Manifest, module: string): boolean {
  const own = [...workflows, ...steps, ...classes].filter(({ file }) => file === module);
  return own.length > 0 && own.every(({ id }) => findRecord(id) !== undefined);
}

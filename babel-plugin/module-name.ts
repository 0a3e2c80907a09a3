/**
 * The module part of an id, found from the file alone, so that every tool that compiles the file,
 * from whatever folder, gives it the same ids.
 *
 * - M1 The real path counts: a symlink gives no second id.
 * - M2 A file of the app is `./<path>` below the folder of its nearest package.json, or below `root`.
 * - M3 A file of an installed package is `<package>/<path>`, without version; so is, where `root` is
 *   given, a file of a package that the root depends on and that lies outside it.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { EverstepError } from "../lib/contract/error";
import { removeExtension, toForwardSlashes } from "../lib/contract/id";

export interface ModuleName {
  /** The module part of ids: `./src/order`, `@org/tasks/lib/index`. */
  module: string;
  /** The same with extension, for people: `src/order.ts`. */
  file: string;
}

const folders = new Map<string, string | null>();

export function nameModule(filename: string, root?: string): ModuleName {
  const file = realPath(path.resolve(plainPath(filename)));
  const inPackage = fileInNodeModules(toForwardSlashes(file));
  if (inPackage) return named(packageName(inPackage.folder) ?? inPackage.name, inPackage.rest);
  if (root !== undefined) return nameBelowRoot(file, root);
  const folder = nearestPackageFolder(path.dirname(file)) ?? path.dirname(file);
  return relativeName(folder, file);
}

/** Bundlers name a file by its address, or put a question behind its path. */
function plainPath(filename: string): string {
  const plain = filename.startsWith("file:") ? fileURLToPath(filename) : filename;
  return existsSync(plain) ? plain : plain.replace(/\?.*$/, "");
}

/** `./src/order` from two absolute paths of either style. */
export function relativeName(folder: string, file: string): ModuleName {
  const base = toForwardSlashes(folder).replace(/\/$/, "");
  const relative = toForwardSlashes(file).slice(base.length + 1);
  return { module: `./${removeExtension(relative)}`, file: relative };
}

function nameBelowRoot(file: string, rootOption: string): ModuleName {
  const root = realPath(path.resolve(rootOption));
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw outside(`The root "${rootOption}" is not a folder.`);
  }
  if (contains(root, file)) return relativeName(root, file);
  const folder = nearestPackageFolder(path.dirname(file));
  const name = folder === null ? undefined : packageName(folder);
  if (folder !== null && name !== undefined && dependsOn(root, name, folder)) {
    return named(name, relativeName(folder, file).file);
  }
  throw outside(`The root "${rootOption}" does not contain ${file}, nor depends on its package.`);
}

function named(packageName: string, rest: string): ModuleName {
  return { module: `${packageName}/${removeExtension(rest)}`, file: `${packageName}/${rest}` };
}

function fileInNodeModules(file: string): { folder: string; name: string; rest: string } | null {
  const match = /^(.*\/node_modules\/)((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(file);
  if (!match) return null;
  const [, parent = "", name = "", rest = ""] = match;
  return { folder: parent + name, name, rest };
}

/** Whether `name`, looked up from the root as Node would, is this folder. */
function dependsOn(root: string, name: string, folder: string): boolean {
  for (let at = root; ; at = path.dirname(at)) {
    const candidate = path.join(at, "node_modules", name);
    if (existsSync(candidate)) return realPath(candidate) === folder;
    if (at === path.dirname(at)) return false;
  }
}

function nearestPackageFolder(from: string): string | null {
  const known = folders.get(from);
  if (known !== undefined) return known;
  const parent = path.dirname(from);
  const here = existsSync(path.join(from, "package.json"));
  const found = here ? from : parent === from ? null : nearestPackageFolder(parent);
  folders.set(from, found);
  return found;
}

function packageName(folder: string): string | undefined {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return undefined;
  const name = readName(readFileSync(file, "utf8"));
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** A broken package.json has no name; whoever needs more of it will say what is wrong with it. */
function readName(text: string): unknown {
  try {
    return (JSON.parse(text) as { name?: unknown } | null)?.name;
  } catch {
    return undefined;
  }
}

function contains(folder: string, file: string): boolean {
  return file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

/** The real path; for a file that does not exist, below the real path of what does. */
function realPath(file: string): string {
  if (existsSync(file)) return realpathSync.native(file);
  const parent = path.dirname(file);
  return parent === file ? file : path.join(realPath(parent), path.basename(file));
}

function outside(message: string): EverstepError {
  return new EverstepError("ROOT_OUTSIDE_PROJECT", message);
}

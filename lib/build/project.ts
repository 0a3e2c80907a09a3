/** The project that is built: its root, and how its files are called. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { EverstepError } from "../contract/error";
import { toForwardSlashes } from "../contract/id";

export interface Project {
  /** The real path of the root: what paths in a build's output are relative to. */
  root: string;
  /** Only when the user set it: the root that ids are made from. */
  idRoot: string | undefined;
}

export function openProject(options: { root?: string }, cwd = process.cwd()): Project {
  if (options.root === undefined) {
    return { root: realpathSync.native(nearestPackage(cwd) ?? cwd), idRoot: undefined };
  }
  const root = path.resolve(cwd, options.root);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new EverstepError("ROOT_OUTSIDE_PROJECT", `The root "${options.root}" is not a folder.`);
  }
  return { root: realpathSync.native(root), idRoot: realpathSync.native(root) };
}

/** The nearest folder from here upwards that has a package.json. */
export function nearestPackage(from: string): string | undefined {
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** A file as a build shows it: relative to the root, `/`-separated. */
export function relativeFile(project: Project, file: string): string {
  return toForwardSlashes(path.relative(project.root, file));
}

/** Whether the file, by its real path, belongs to an installed package. */
export function isInstalled(file: string): boolean {
  return toForwardSlashes(file).includes("/node_modules/");
}

/** `@scope/name` of the installed package that holds the file. */
export function installedPackageName(file: string): string {
  const match = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(toForwardSlashes(file));
  return match?.[1] ?? file;
}

export function readPackageJson(folder: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

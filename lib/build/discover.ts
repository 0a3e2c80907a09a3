/** Finds the files that have directives, in the folders a build was given or by default looks into. */
import { readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { EverstepError } from "../contract/error";
import { relativeFile, type Project } from "./project";
import type { SourceCache } from "./source-cache";

export const DEFAULT_FOLDERS = ["workflows", "src/workflows"];
const SOURCE_FILE = /(?<!\.d)\.(?:[cm]?[jt]s|[jt]sx)$/;
const SKIPPED_FOLDERS = new Set([
  "node_modules",
  ".git",
  ".workflow-data",
  ".well-known",
  "dist",
  "build",
  "coverage",
  ".next",
  ".nuxt",
  ".output",
  ".svelte-kit",
  ".turbo",
  ".vercel",
]);

export interface Discovery {
  /** Real paths, sorted: the files with directives below the entries, and files named as entries. */
  files: string[];
  errors: EverstepError[];
}

export function isSourceFile(file: string): boolean {
  return SOURCE_FILE.test(file);
}

export function discoverFiles(
  project: Project,
  entries: string[] | undefined,
  sources: SourceCache,
): Discovery {
  const errors: EverstepError[] = [];
  const found = new Set<string>();
  for (const entry of entries ?? DEFAULT_FOLDERS) {
    const target = path.resolve(project.root, entry);
    const stats = statSync(target, { throwIfNoEntry: false });
    if (stats?.isDirectory()) scanFolder(target, found, sources, errors);
    else if (stats) found.add(realpathSync.native(target));
    else if (entries) errors.push(entryNotFound(project, entry));
  }
  return { files: [...found].sort(), errors };
}

function scanFolder(
  folder: string,
  found: Set<string>,
  sources: SourceCache,
  errors: EverstepError[],
): void {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const target = path.join(folder, item.name);
    if (item.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(item.name)) scanFolder(target, found, sources, errors);
    } else if (isSourceFile(item.name)) {
      collect(errors, () => {
        const file = item.isSymbolicLink() ? readLink(target, sources) : target;
        if (sources.hasDirective(file)) found.add(realpathSync.native(file));
      });
    }
  }
}

/** A link that leads nowhere is read all the same, for the error that this gives. */
function readLink(link: string, sources: SourceCache): string {
  if (statSync(link, { throwIfNoEntry: false })) return realpathSync.native(link);
  return sources.read(link).file;
}

function collect(errors: EverstepError[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof EverstepError)) throw error;
    errors.push(error);
  }
}

function entryNotFound(project: Project, entry: string): EverstepError {
  const shown = relativeFile(project, path.resolve(project.root, entry));
  return new EverstepError("ENTRY_NOT_FOUND", `The entry "${shown}" does not exist.`, {
    at: shown,
  });
}

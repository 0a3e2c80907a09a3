/**
 * Which file an import specifier means, where Node alone would not find it. Everything here answers
 * null for "as Node says", so that Node's own rules and messages stay in force.
 */
import { readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { pathAliases } from "./tsconfig";
import { isInNodeModules } from "./source-kind";

/** A specifier that names the file TypeScript will have written, and what it may be written from. */
const WRITTEN_FROM = new Map<string, readonly string[]>([
  [".js", [".ts", ".tsx", ".jsx"]],
  [".mjs", [".mts"]],
  [".cjs", [".cts"]],
  [".jsx", [".tsx", ".ts"]],
]);
const ADDED = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
const LEFT_TO_NODE = [".json", ".node"];
const FOLDER_SPECIFIER = /(?:^|\/)\.{0,2}$/;

export function isPathSpecifier(specifier: string): boolean {
  return /^\.{1,2}(?:\/|$)/.test(specifier) || path.isAbsolute(specifier);
}

/** The file meant by a path specifier, when it is not the very file the path names. */
export function findByPath(file: string, specifier: string): string | null {
  if (isFile(file)) return null;
  return findSource(file, FOLDER_SPECIFIER.test(specifier));
}

/** The file meant by a bare specifier through the `paths` of the importer's tsconfig. */
export function findByAlias(specifier: string, importer: string): string | null {
  if (isBuiltin(specifier) || isInNodeModules(importer)) return null;
  for (const file of pathAliases(specifier, importer)) {
    const found = isFile(file) ? file : findSource(file, false);
    if (found !== null) return found;
  }
  return null;
}

/** The source of a file that Node looked for in vain: `dist` written from `src`, both in one folder. */
export function findSource(file: string, folderOnly: boolean): string | null {
  if (!folderOnly) {
    const extension = path.extname(file);
    const stem = file.slice(0, file.length - extension.length);
    const named = firstFile(stem, WRITTEN_FROM.get(extension) ?? []) ?? firstFile(file, ADDED);
    if (named !== null) return named;
    if (firstFile(file, LEFT_TO_NODE) !== null) return null;
  }
  return findInFolder(file);
}

function findInFolder(folder: string): string | null {
  const main = mainOf(folder);
  if (main !== null) {
    const file = path.join(folder, main);
    const found = isFile(file) ? file : findSource(file, false);
    if (found !== null) return found;
  }
  return firstFile(path.join(folder, "index"), ADDED);
}

/** What a package.json in the folder names as its file; the folder itself would lead round in circles. */
function mainOf(folder: string): string | null {
  const file = path.join(folder, "package.json");
  if (!isFile(file)) return null;
  try {
    const { main } = JSON.parse(readFileSync(file, "utf8")) as { main?: unknown };
    const usable =
      typeof main === "string" && path.join(folder, main, ".") !== path.join(folder, ".");
    return usable ? main : null;
  } catch {
    return null;
  }
}

function firstFile(stem: string, extensions: readonly string[]): string | null {
  const extension = extensions.find((candidate) => isFile(stem + candidate));
  return extension === undefined ? null : stem + extension;
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

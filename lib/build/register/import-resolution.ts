/** What `import` may mean beyond what Node's own resolution knows; the same in every loader. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findByAlias, findByPath, findSource, isPathSpecifier } from "./resolve";

/** Another specifier to hand to Node, or null to hand on the one that was written. */
export function importedAs(specifier: string, parentURL: string | undefined): string | null {
  if (specifier.startsWith("file:") || isPathSpecifier(specifier)) {
    return pathImportedAs(specifier, parentURL);
  }
  if (/^[a-z][a-z\d+.-]+:/i.test(specifier) || !parentURL?.startsWith("file:")) return null;
  const found = findByAlias(specifier, fileURLToPath(parentURL));
  return found === null ? null : pathToFileURL(found).href;
}

/** For what Node found a name for but no file: `exports` and `imports` that name what is built later. */
export function sourceOfMissing(error: unknown): string | null {
  const { code, url } = error as { code?: unknown; url?: unknown };
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT";
  if (!missing || typeof url !== "string" || !url.startsWith("file:")) return null;
  const found = findSource(fileURLToPath(url), code === "ERR_UNSUPPORTED_DIR_IMPORT");
  return found === null ? null : pathToFileURL(found).href;
}

function pathImportedAs(specifier: string, parentURL: string | undefined): string | null {
  const url = URL.canParse(specifier, parentURL) ? new URL(specifier, parentURL) : null;
  if (url?.protocol !== "file:") return null;
  const file = fileURLToPath(url);
  const found = findByPath(trimmed(file), url.pathname);
  return found === null ? null : pathToFileURL(found).href + url.search + url.hash;
}

function trimmed(file: string): string {
  return file.endsWith(path.sep) ? file.slice(0, -1) : file;
}

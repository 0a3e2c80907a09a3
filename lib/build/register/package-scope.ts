import { readFileSync } from "node:fs";
import path from "node:path";

/** The nearest package.json above a file, as far as loading the file depends on it. */
export interface PackageScope {
  folder: string;
  name: string | null;
  type: "module" | "commonjs" | null;
}

const scopes = new Map<string, PackageScope | null>();

/** Null when no package.json stands above the file, or only one beyond a `node_modules` folder. */
export function packageScopeOf(filename: string): PackageScope | null {
  return scopeOfFolder(path.dirname(filename));
}

function scopeOfFolder(folder: string): PackageScope | null {
  const known = scopes.get(folder);
  if (known !== undefined) return known;
  const scope = readScope(folder) ?? scopeAbove(folder);
  scopes.set(folder, scope);
  return scope;
}

function scopeAbove(folder: string): PackageScope | null {
  const parent = path.dirname(folder);
  if (parent === folder || path.basename(folder) === "node_modules") return null;
  return scopeOfFolder(parent);
}

function readScope(folder: string): PackageScope | null {
  const text = readIfPresent(path.join(folder, "package.json"));
  if (text === null) return null;
  // Node itself reports a package.json that is not JSON, with its path: reading on is enough here.
  const { name, type } = parseObject(text);
  return {
    folder,
    name: typeof name === "string" ? name : null,
    type: type === "module" || type === "commonjs" ? type : null,
  };
}

function readIfPresent(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

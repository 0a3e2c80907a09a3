/**
 * Compiled files, kept between processes.
 *
 * - One entry per source file and kind of Node; it is valid for exactly one key, and a key covers
 *   everything the output depends on. A changed file so replaces its entry, and the cache stays as
 *   large as the program.
 * - An entry is written beside its place and renamed, so readers see all of it or nothing; what is
 *   damaged all the same fails its checksum and counts as absent.
 * - The cache can only save time: no failure in here reaches the program.
 */
import { createHash, randomUUID } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ModuleFormat } from "./source-kind";

export interface CompiledFile {
  /** Ends with its source map, inline. */
  code: string;
  /** Null: as Node decides for the file. */
  format: ModuleFormat | null;
}

const folders = new Map<string, string | null>();

export function digest(...parts: string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

export function readCached(filename: string, key: string): CompiledFile | null {
  const entry = entryOf(filename);
  if (entry === null) return null;
  try {
    return parseEntry(readFileSync(entry, "utf8"), key);
  } catch {
    return null;
  }
}

export function writeCached(filename: string, key: string, compiled: CompiledFile): void {
  const entry = entryOf(filename);
  if (entry === null) return;
  const draft = `${entry}.${randomUUID()}`;
  try {
    writeFileSync(draft, formatEntry(key, compiled), { mode: 0o600 });
    renameSync(draft, entry);
  } catch {
    rmSync(draft, { force: true });
  }
}

function formatEntry(key: string, { code, format }: CompiledFile): string {
  return `${key} ${digest(key, format ?? "", code)} ${format ?? ""}\n${code}`;
}

function parseEntry(text: string, key: string): CompiledFile | null {
  const end = text.indexOf("\n");
  const [writtenKey, checksum, formatText] = text.slice(0, end).split(" ");
  if (writtenKey !== key || formatText === undefined) return null;
  const code = text.slice(end + 1);
  if (checksum !== digest(key, formatText, code)) return null;
  if (formatText !== "" && formatText !== "module" && formatText !== "commonjs") return null;
  return { code, format: formatText === "" ? null : formatText };
}

function entryOf(filename: string): string | null {
  const folder = cacheFolderFor(path.dirname(filename));
  if (folder === null) return null;
  return path.join(folder, digest(filename).slice(0, 32));
}

function cacheFolderFor(folder: string): string | null {
  const known = folders.get(folder);
  if (known !== undefined) return known;
  const above = path.dirname(folder);
  const own = ownsModules(folder) ? openFolder(path.join(folder, "node_modules", ".cache")) : null;
  const found = own ?? (above === folder ? temporaryFolder() : cacheFolderFor(above));
  folders.set(folder, found);
  return found;
}

/** The folder of an app, and not of a package that an app installed. */
function ownsModules(folder: string): boolean {
  if (/[\\/]node_modules(?:[\\/]|$)/.test(folder)) return false;
  try {
    accessSync(path.join(folder, "package.json"));
    accessSync(path.join(folder, "node_modules"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder under a shared one is trusted only if nobody else can have put code into it. */
function temporaryFolder(): string | null {
  const user = process.getuid?.();
  const folder = path.join(tmpdir(), `everstep-${user ?? "cache"}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(folder);
    const foreign = user !== undefined && (uid !== user || (mode & 0o022) !== 0);
    return foreign ? null : openFolder(folder);
  } catch {
    return null;
  }
}

/** Node versions take turns on one tree in tests and upgrades: they do not overwrite each other. */
function openFolder(parent: string): string | null {
  const folder = path.join(parent, "everstep", process.version);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return null;
  }
}

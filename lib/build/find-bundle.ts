/**
 * Where a running app finds its bundle.
 *
 * - F1 What the app names (option, then WORKFLOW_BUNDLE) counts, and must be there.
 * - F2 Otherwise `<root>/.well-known/workflow/v1/manifest.json`. The root is the option, else the
 *   nearest folder above the main script, then above the working directory, that has the manifest
 *   or a package.json. A main script of an installed package, such as a test runner, does not count.
 * - F3 Otherwise, and never in production, the sources are built in memory.
 * - F4 A bundle that is not the one its manifest names, or that needs a prelude this version does
 *   not have, is refused.
 * - F5 Tests are of the sources as they are: of what was built, only what F1 names counts for them.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Bundle } from "../contract/bundle";
import { BundleError } from "../contract/error";
import {
  MANIFEST_FILE,
  MANIFEST_FOLDER,
  MANIFEST_VERSION,
  type Manifest,
} from "../contract/manifest";
import { PRELUDE_NUMBER } from "../contract/prelude";
import { isInstalled } from "./project";

export interface FindBundleOptions {
  /** A manifest, or the folder that has it. */
  bundle?: string;
  root?: string;
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** The script that the process was started with. */
  main?: string | undefined;
  isTest?: boolean;
}

/** `built`: read from a manifest. `sources`: to be made from the files below the root. */
export type FoundBundle =
  | { from: "built"; root: string; file: string; manifest: Manifest; bundle: Bundle }
  | { from: "sources"; root: string };

export function findBundle(options: FindBundleOptions = {}): FoundBundle {
  const { env = process.env, cwd = process.cwd(), main = process.argv[1] } = options;
  const named = options.bundle ?? env["WORKFLOW_BUNDLE"];
  const root = findRoot(options.root, main, cwd);
  if (named !== undefined && named !== "") return readBuilt(namedManifest(named, cwd), root);
  const file = path.join(root, MANIFEST_FOLDER, MANIFEST_FILE);
  if (options.isTest) return { from: "sources", root };
  if (existsSync(file)) return readBuilt(file, root);
  if (env["NODE_ENV"] !== "production") return { from: "sources", root };
  const message = `There is no ${file}, and with NODE_ENV=production workflows are never built from sources.`;
  throw new BundleError("BUNDLE_NOT_FOUND", message, { at: file });
}

function findRoot(root: string | undefined, main: string | undefined, cwd: string): string {
  if (root !== undefined) return path.resolve(cwd, root);
  const script = main === undefined ? undefined : path.resolve(cwd, main);
  const fromMain =
    script === undefined || isInstalled(script) ? undefined : nearestRoot(path.dirname(script));
  if (fromMain !== undefined && holdsManifest(fromMain)) return fromMain;
  const fromCwd = nearestRoot(cwd);
  if (fromCwd !== undefined && holdsManifest(fromCwd)) return fromCwd;
  return fromMain ?? fromCwd ?? cwd;
}

function nearestRoot(from: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (holdsManifest(folder) || existsSync(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function holdsManifest(folder: string): boolean {
  return existsSync(path.join(folder, MANIFEST_FOLDER, MANIFEST_FILE));
}

function namedManifest(named: string, cwd: string): string {
  const target = path.resolve(cwd, named);
  const stats = statSync(target, { throwIfNoEntry: false });
  const file = stats?.isDirectory() ? path.join(target, MANIFEST_FILE) : target;
  if (existsSync(file)) return file;
  throw new BundleError("BUNDLE_NOT_FOUND", `There is no ${file}.`, { at: file });
}

function readBuilt(file: string, root: string): FoundBundle {
  try {
    return { from: "built", root, file, ...readManifest(file) };
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A build that ran meanwhile has replaced both; the new manifest names what is there now.
    return { from: "built", root, file, ...readManifest(file, { isFinal: true }) };
  }
}

function readManifest(
  file: string,
  { isFinal = false } = {},
): { manifest: Manifest; bundle: Bundle } {
  const manifest = parseManifest(file, readFileSync(file, "utf8"));
  const bundleFile = path.join(path.dirname(file), manifest.bundle.file);
  if (isFinal && !existsSync(bundleFile)) {
    throw invalid(file, `it names ${manifest.bundle.file}, which is not beside it`);
  }
  const code = readFileSync(bundleFile, "utf8");
  const hash = createHash("sha256").update(code).digest("hex");
  if (hash !== manifest.bundle.hash) {
    throw invalid(file, `${manifest.bundle.file} is not the bundle that it was written with`);
  }
  return { manifest, bundle: loadedBundle(code, hash, manifest, path.dirname(file)) };
}

function loadedBundle(code: string, hash: string, manifest: Manifest, folder: string): Bundle {
  const mapFile = path.join(folder, manifest.bundle.map);
  return {
    code,
    hash,
    prelude: manifest.prelude,
    get map() {
      // Without it stacks name places in the bundle; that is no reason to stop.
      return existsSync(mapFile) ? readFileSync(mapFile, "utf8") : EMPTY_MAP;
    },
  };
}

const EMPTY_MAP = JSON.stringify({ version: 3, sources: [], names: [], mappings: "" });

function parseManifest(file: string, text: string): Manifest {
  const manifest = parseJson(file, text) as Partial<Manifest> | null;
  if (manifest?.version !== MANIFEST_VERSION) {
    throw invalid(file, `its version is ${String(manifest?.version)}, not ${MANIFEST_VERSION}`);
  }
  if (manifest.prelude !== PRELUDE_NUMBER) {
    const needed = `it was built for prelude ${String(manifest.prelude)}`;
    throw invalid(file, `${needed}, and this version of everstep has prelude ${PRELUDE_NUMBER}`);
  }
  const { bundle, workflows, steps, classes, modules } = manifest;
  const isWhole =
    typeof bundle?.file === "string" &&
    typeof bundle.map === "string" &&
    typeof bundle.hash === "string" &&
    [workflows, steps, classes, modules].every((list) => Array.isArray(list));
  if (!isWhole) throw invalid(file, "parts of it are missing");
  return manifest as Manifest;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(file, "it is not JSON", cause);
  }
}

function invalid(file: string, reason: string, cause?: unknown): BundleError {
  const details = cause === undefined ? { at: file } : { at: file, cause };
  return new BundleError("MANIFEST_INVALID", `${file} cannot be used: ${reason}.`, details);
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ENOENT";
}

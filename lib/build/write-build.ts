/**
 * Writes bundle, map and manifest so that a reader finds the old build or the new one, never parts.
 *
 * Each file is written beside its place and renamed; the manifest comes last, since it is what is
 * looked for, and the bundle is named after its hash, so the old manifest keeps its own.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { BuildError } from "../contract/error";
import { MANIFEST_FILE } from "../contract/manifest";
import type { WorkflowBuild } from "./build-workflows";
import { handlerFiles } from "./handler-files";

export interface WriteOptions {
  /** Also writes the routes as modules, for other servers than Express. */
  handlers?: boolean;
}

/** Returns the files written. */
export function writeBuild(
  { bundle, manifest }: WorkflowBuild,
  folder: string,
  { handlers = false }: WriteOptions = {},
): string[] {
  const files = [
    [manifest.bundle.file, bundle.code],
    [manifest.bundle.map, bundle.map],
    ...(handlers ? handlerFiles(folder) : []),
    [MANIFEST_FILE, `${JSON.stringify(manifest, null, 2)}\n`],
  ] as const;
  const suffix = `.${randomUUID()}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) writeFileSync(path.join(folder, name + suffix), text);
    for (const [name] of files) {
      // crash here: the manifest still names the bundle of the build before, which is still there.
      renameSync(path.join(folder, name + suffix), path.join(folder, name));
    }
  } catch (cause) {
    for (const [name] of files) removeQuietly(path.join(folder, name + suffix));
    throw new BuildError("OUTPUT_UNWRITABLE", `Cannot write the build to ${folder}`, { cause });
  }
  removeOldBundles(folder, new Set(files.map(([name]) => name)));
  return files.map(([name]) => path.join(folder, name));
}

/** The folder itself may be what is wrong. */
function removeQuietly(file: string): void {
  if (existsSync(file)) rmSync(file, { force: true });
}

const BUNDLE_NAME = /^bundle-[0-9a-f]+\.js(?:\.map)?$/;

function removeOldBundles(folder: string, current: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (BUNDLE_NAME.test(name) && !current.has(name)) rmSync(path.join(folder, name));
  }
}

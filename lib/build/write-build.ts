/**
 * Writes bundle, map and manifest so that a reader finds the old build or the new one, never parts.
 *
 * Each file is written beside its place and renamed; the manifest comes last, since it is what is
 * looked for, and the bundle is named after its hash, so the old manifest keeps its own.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { MANIFEST_FILE } from "../contract/manifest";
import type { WorkflowBuild } from "./build-workflows";

/** Returns the files written. */
export function writeBuild({ bundle, manifest }: WorkflowBuild, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const files = [
    [manifest.bundle.file, bundle.code],
    [manifest.bundle.map, bundle.map],
    [MANIFEST_FILE, `${JSON.stringify(manifest, null, 2)}\n`],
  ] as const;
  const temporary = files.map(([name, text]) => writeBeside(path.join(folder, name), text));
  const written = temporary.map(({ beside, file }) => {
    // crash here: the manifest still names the bundle of the build before, which is still there.
    renameSync(beside, file);
    return file;
  });
  removeOldBundles(folder, new Set(files.map(([name]) => name)));
  return written;
}

function writeBeside(file: string, text: string): { beside: string; file: string } {
  const beside = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(beside, text);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  return { beside, file };
}

const BUNDLE_NAME = /^bundle-[0-9a-f]+\.js(?:\.map)?$/;

function removeOldBundles(folder: string, current: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (BUNDLE_NAME.test(name) && !current.has(name)) rmSync(path.join(folder, name));
  }
}

/**
 * Other lines of Node and Babel 8, and Vitest, installed when a test first asks for them.
 *
 * Jest runs test files in parallel processes, so the install happens under a lock, and what counts
 * as installed is the lock file it was installed from.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

export interface NodeBinary {
  /** `v24.1.0` */
  version: string;
  path: string;
}

const LINES = ["node22", "node24", "node26"];
const LOCK_IS_STALE_AFTER = 10 * 60_000;
const LOOK_AGAIN_AFTER = 200;

export const isDeep = process.env.EVERSTEP_DEEP === "1";

/** The Node that runs the tests; in a deep run, the newest of every other supported line too. */
export function nodeBinaries(): NodeBinary[] {
  const running = { version: process.version, path: process.execPath };
  if (!isDeep || !isSupportedPlatform()) return [running];
  const folder = toolchainFolder();
  const others = LINES.map((line) => ({
    version: versionOf(path.join(folder, "node_modules", line)),
    path: path.join(folder, "node_modules", line, "bin", "node"),
  }));
  return [running, ...others.filter((other) => lineOf(other) !== lineOf(running))];
}

/** The folder whose `node_modules` holds the toolchain, complete. */
export function toolchainFolder(): string {
  return installed(__dirname);
}

/** The folder whose `node_modules` holds Vitest. */
export function vitestFolder(): string {
  return installed(path.join(__dirname, "vitest"));
}

function installed(folder: string): string {
  while (!isInstalled(folder)) {
    if (takeLock(folder)) installAndUnlock(folder);
    else pause();
  }
  return folder;
}

export function isSupportedPlatform(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}

function installAndUnlock(folder: string): void {
  try {
    if (isInstalled(folder)) return;
    execFileSync("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    writeFileSync(stampOf(folder), lockFileDigest(folder));
  } finally {
    rmSync(lockOf(folder), { recursive: true, force: true });
  }
}

function stampOf(folder: string): string {
  return path.join(folder, "node_modules", ".installed-from");
}

function lockOf(folder: string): string {
  return path.join(folder, ".installing");
}

function isInstalled(folder: string): boolean {
  try {
    return readFileSync(stampOf(folder), "utf8") === lockFileDigest(folder);
  } catch {
    return false;
  }
}

function lockFileDigest(folder: string): string {
  const text = readFileSync(path.join(folder, "package-lock.json"));
  return createHash("sha256").update(text).digest("hex");
}

/** Making a folder is atomic; one that a killed run left behind is taken over. */
function takeLock(folder: string): boolean {
  const lock = lockOf(folder);
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > LOCK_IS_STALE_AFTER) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

/** The callers build tables of tests while a test file loads, so nothing here can be asynchronous. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_AFTER);
}

function versionOf(folder: string): string {
  const text = readFileSync(path.join(folder, "package.json"), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return `v${version}`;
}

function lineOf({ version }: NodeBinary): string {
  return version.split(".")[0] ?? version;
}

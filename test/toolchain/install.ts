/**
 * Other lines of Node and Babel 8, installed when a test first asks for them.
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
const STAMP = path.join(__dirname, "node_modules", ".installed-from");
const LOCK = path.join(__dirname, ".installing");
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
  while (!isInstalled()) {
    if (takeLock()) installAndUnlock();
    else pause();
  }
  return __dirname;
}

export function isSupportedPlatform(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}

function installAndUnlock(): void {
  try {
    if (isInstalled()) return;
    execFileSync("npm", ["ci", "--prefix", __dirname, "--no-audit", "--no-fund"], {
      cwd: __dirname,
      stdio: ["ignore", "ignore", "pipe"],
    });
    writeFileSync(STAMP, lockFileDigest());
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function isInstalled(): boolean {
  try {
    return readFileSync(STAMP, "utf8") === lockFileDigest();
  } catch {
    return false;
  }
}

function lockFileDigest(): string {
  const text = readFileSync(path.join(__dirname, "package-lock.json"));
  return createHash("sha256").update(text).digest("hex");
}

/** Making a folder is atomic; one that a killed run left behind is taken over. */
function takeLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    const made = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > LOCK_IS_STALE_AFTER) rmSync(LOCK, { recursive: true, force: true });
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

/** Programs in temporary folders, run by a real Node with `everstep/register` from `dist`. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What the program printed, one JSON value a line. */
  printed: unknown[];
}

export interface RunOptions {
  node?: string;
  /** How Node is told to load the hooks; null leaves that to the program. */
  hooks?: "--import" | "--require" | null;
  env?: Record<string, string>;
}

const dist = path.resolve(__dirname, "../../dist");
export const esmDoor = pathToFileURL(path.join(dist, "lib/register.mjs")).href;
export const cjsDoor = path.join(dist, "lib/register.js");

const folders: string[] = [];

/** A folder with these files and a `node_modules`, so that it has a cache of its own. */
export function program(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "everstep-register-")));
  folders.push(folder);
  mkdirSync(path.join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  return folder;
}

export function write(folder: string, name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export function removePrograms(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A second, complete copy of the package, as two dependencies may bring one each. */
export function copyOfPackage(folder: string): string {
  const copy = path.join(folder, "copy");
  cpSync(dist, path.join(copy, "dist"), { recursive: true });
  cpSync(path.resolve(dist, "../package.json"), path.join(copy, "package.json"));
  symlinkSync(path.resolve(dist, "../node_modules"), path.join(copy, "node_modules"));
  return path.join(copy, "dist/lib/register.js");
}

export async function run(folder: string, entry: string, options: RunOptions = {}) {
  const { node = process.execPath, hooks = "--import", env = {} } = options;
  const args = hooks === null ? [] : [hooks, hooks === "--import" ? esmDoor : cjsDoor];
  const child = spawn(node, [...args, entry], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const outcome: Outcome = { code: null, stdout: "", stderr: "", printed: [] };
  child.stdout.on("data", (chunk: Buffer) => (outcome.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (outcome.stderr += chunk.toString()));
  outcome.code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const lines = outcome.stdout.split("\n").filter((line) => line !== "");
  outcome.printed = lines.map(parseLine);
  return outcome;
}

/** Runs a program that has to end well and be silent but for what it prints on purpose. */
export async function printedBy(folder: string, entry: string, options: RunOptions = {}) {
  const { code, stderr, printed } = await run(folder, entry, options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return printed;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** Without what the test runner and its coverage put there for themselves. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ["NODE_OPTIONS", "NODE_ENV", "NODE_V8_COVERAGE", "JEST_WORKER_ID"]) {
    delete env[name];
  }
  return env;
}

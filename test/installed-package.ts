/** Packs this package from a copy of its sources and installs it the way a user does. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeFiles } from "./build/temp-project";

export const ROOT = path.resolve(__dirname, "..");

const NOT_COPIED = new Set(["node_modules", "dist", "test", "bench", ".git"]);

export interface Packed {
  tarball: string;
  /** Relative to the package. */
  files: string[];
}

export function makeFolder(): string {
  return mkdtempSync(path.join(tmpdir(), "everstep-package-"));
}

/** From a copy, so that a stale `dist/` cannot hide a fault and those who use it are not disturbed. */
export async function packSources(folder: string): Promise<Packed> {
  const source = path.join(folder, "source");
  cpSync(ROOT, source, { recursive: true, filter: (file) => !NOT_COPIED.has(path.basename(file)) });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(source, "node_modules"), "dir");
  const packed = await pack(source, folder, []);
  rmSync(source, { recursive: true });
  return packed;
}

/** With the `dist/` that is there: half a minute faster. */
export function packBuilt(folder: string): Promise<Packed> {
  return pack(ROOT, folder, ["--ignore-scripts"]);
}

async function pack(source: string, folder: string, flags: string[]): Promise<Packed> {
  const report = await npm(source, ["pack", "--json", "--pack-destination", folder, ...flags]);
  const json = report.slice(report.search(/^[[{]/m));
  const [packed] = Object.values(
    JSON.parse(json) as Record<string, { filename: string; files: { path: string }[] }>,
  );
  if (!packed) throw new Error(`npm pack reported nothing: ${report}`);
  const tarball = path.join(folder, packed.filename);
  return { tarball, files: packed.files.map((file) => file.path).sort() };
}

/** An app that has nothing but the tarball, under this name; install scripts do not run. */
export async function installAs(name: string, tarball: string): Promise<string> {
  const app = path.join(path.dirname(tarball), `app-${name}`);
  const dependencies = { [name]: `file:${tarball}` };
  mkdirSync(app);
  writeFiles(app, {
    "package.json": JSON.stringify({ name: "app", private: true, dependencies }),
  });
  await npm(app, ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]);
  return app;
}

/** What the program prints; what it complains about, if it fails. */
export function node(folder: string, args: string[]): Promise<string> {
  return run(folder, process.execPath, args);
}

export function npm(folder: string, args: string[]): Promise<string> {
  return run(folder, process.platform === "win32" ? "npm.cmd" : "npm", args);
}

export function run(folder: string, program: string, args: string[]): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1", npm_config_color: "false" };
  const options = { cwd: folder, env, shell: program.endsWith(".cmd"), maxBuffer: 2 ** 26 };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject(new Error(`${program} ${args.join(" ")}: ${error.message}\n${stdout}\n${stderr}`));
    });
    child.stdin?.end();
  });
}

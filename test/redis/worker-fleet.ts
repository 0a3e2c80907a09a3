/** Processes that execute the runs of one app on one Redis, and a world to look at them from. */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Run, start } from "../../lib/api";
import type { World } from "../../lib/contract/world";
import { createRuntime, type Runtime, setWorld } from "../../lib/runtime";
import { createRedisWorld, type RedisWorldOptions } from "../../redis-world";
import { loadHost, until } from "../engine/test-app";
import { ROOT, tempApp } from "../replay/world";

/** Runs the app until it is told to stop. `note(…)` is there for steps: a line of JSON in a file. */
const PROGRAM = `
const [root, options, more] = process.argv.slice(1);
const load = (file) => require(${JSON.stringify(path.join(ROOT, "dist"))} + "/" + file);
const fs = require("node:fs");
globalThis.note = (value) =>
  fs.appendFileSync(root + "/notes", JSON.stringify({ ...value, pid: process.pid }) + "\\n");
const source = fs.readFileSync(root + "/workflows/test.ts", "utf8");
const { code } = load("babel-plugin/transform.js").transformSource({
  code: source, filename: root + "/workflows/test.ts", mode: "host",
});
const ts = require(${JSON.stringify(path.join(ROOT, "node_modules/esbuild"))});
const host = ts.transformSync(code, { loader: "ts", format: "cjs", target: "node20" }).code;
const modules = { everstep: "lib/index.js", "everstep/api": "lib/api.js" };
const module_ = { exports: {} };
new Function("require", "module", "exports", host)(
  (name) => load(modules[name]), module_, module_.exports,
);
const world = load("redis-world/index.js").createRedisWorld(JSON.parse(options));
const runtime = load("lib/runtime.js").createRuntime({
  world, root, log: (_level, message) => console.error(message), ...JSON.parse(more),
});
runtime.start().then(() => console.log("ready"), (error) => { throw error; });
`;

export interface Note {
  pid: number;
  [name: string]: unknown;
}

export class WorkerFleet {
  readonly root: string;
  /** Executes nothing. */
  readonly world: World;
  readonly options: RedisWorldOptions;
  readonly runtime: Runtime;
  private readonly exports: Record<string, unknown>;
  readonly workers: Worker[] = [];

  constructor(source: string, options: RedisWorldOptions) {
    this.options = options;
    this.root = tempApp({ "workflows/test.ts": source });
    this.exports = loadHost(source, path.join(this.root, "workflows/test.ts"));
    this.world = createRedisWorld(options);
    const log = () => undefined;
    const given = { root: this.root, log, worker: false, handlesSignals: false };
    this.runtime = createRuntime({ ...given, world: this.world });
    appendFileSync(path.join(this.root, "notes"), "");
  }

  async open(): Promise<void> {
    await this.runtime.start();
  }

  /** Resolves when all of them execute. */
  async launch(count: number, more: object = {}): Promise<Worker[]> {
    const { root, options } = this;
    const launched = Array.from({ length: count }, () => new Worker(root, options, more));
    this.workers.push(...launched);
    await Promise.all(launched.map(({ ready }) => ready));
    return launched;
  }

  workflow(name: string): { workflowId: string } {
    return this.exports[name] as { workflowId: string };
  }

  async start(name: string, ...args: unknown[]): Promise<Run> {
    setWorld(this.world);
    return start(this.workflow(name), args, { world: this.world });
  }

  notes(): Note[] {
    const lines = readFileSync(path.join(this.root, "notes"), "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Note);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.runtime.stop();
    await this.world.close();
  }
}

export class Worker {
  readonly ready: Promise<void>;
  readonly child: ChildProcess;
  stderr = "";

  constructor(root: string, options: RedisWorldOptions, more: object) {
    const args = ["-e", PROGRAM, root, JSON.stringify(options), JSON.stringify(more)];
    this.child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stderr!.on("data", (text: Buffer) => (this.stderr += text.toString()));
    const lines = createInterface({ input: this.child.stdout! });
    this.ready = new Promise((resolve, reject) => {
      lines.on("line", (line) => line === "ready" && resolve());
      this.child.once("exit", () => reject(new Error(`A worker ended: ${this.stderr}`)));
    });
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await until(() => child.exitCode !== null || child.signalCode !== null);
  }
}

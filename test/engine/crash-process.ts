/** The app that is killed, and the processes that run it: made, told what to do, heard, killed. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { transformSync } from "esbuild";
import { transformSource } from "../../babel-plugin/transform";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { writeBuild } from "../../lib/build/write-build";
import { MANIFEST_FOLDER } from "../../lib/contract/manifest";
import { ROOT, tempApp } from "../replay/world";
import type { Place } from "./crash-place";

/** Where a process is to be killed: at the `nth` call of that name in its life. */
export interface CrashPoint {
  site: string;
  nth: number;
  when: "before" | "after";
}

export interface TaskRun {
  runId: string;
  name: string;
  args: unknown[];
  /** It was started before. */
  isThere?: boolean;
}

export interface Task extends Place {
  /** Stands in the lines that the bodies leave. */
  life: string;
  runs: readonly TaskRun[];
  kill?: CrashPoint;
  resumes?: { token: string; payload: unknown; runId: string };
  /** A run that fails, and is to be retried then. */
  retries?: string;
  /** Says when a body begins. */
  tells?: boolean;
  /** It executes until it is killed, also when its runs are over. */
  stays?: boolean;
  /** How long it waits for its runs to be over. */
  patienceMs?: number;
  concurrency?: number;
  /** The app throws as soon as the runtime has started. */
  fails?: boolean;
  /** Whether the runtime handles signals. */
  signals?: boolean;
}

export interface Said {
  /** It executes, or stands by. */
  ready?: boolean;
  acknowledged?: string;
  cancelled?: string;
  retried?: string;
  began?: string;
  done?: boolean;
  /** It got no time for as long as its lease lasts, so it has lost what it had under way. */
  lapsed?: boolean;
  /** How often each point was reached. */
  counts?: Record<string, number>;
  said?: string[];
  /** By run: why it is where it is. */
  explained?: Record<string, string>;
}

/** The project, compiled and built as for production. */
export async function crashApp(source: string): Promise<string> {
  const root = tempApp({ "workflows/test.js": source });
  const filename = path.join(root, "workflows/test.js");
  writeBuild(await buildWorkflows({ cwd: root }), path.join(root, MANIFEST_FOLDER));
  const { code } = transformSource({ code: source, filename })!;
  writeFileSync(path.join(root, "host.cjs"), transformSync(code, { format: "cjs" }).code);
  mkdirSync(path.join(root, "data"));
  return root;
}

export class CrashProcess {
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly heard: Said[] = [];
  errors = "";
  hasEnded = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Set<() => void>();

  constructor(root: string) {
    const program = path.join(__dirname, "crash-child.cjs");
    this.child = spawn(process.execPath, [program, root, path.join(ROOT, "dist")]);
    this.child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    // A process that is killed does not read to the end what it was told.
    this.child.stdin.on("error", () => undefined);
    createInterface(this.child.stdout).on("line", (line) => {
      this.heard.push(JSON.parse(line) as Said);
      this.tell();
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        this.hasEnded = true;
        this.tell();
        resolve({ code, signal });
      });
    });
  }

  /** What it says to the task, until it is done or dead. */
  async perform(task: Task): Promise<Said[]> {
    this.begin(task);
    await this.until((said) => said.done === true);
    return this.heard;
  }

  begin(task: Task): void {
    this.heard.length = 0;
    this.child.stdin.write(`${JSON.stringify(task)}\n`);
  }

  /** Resolves when it has said such a thing so often, or is dead. */
  async until(isIt: (said: Said) => boolean, times = 1): Promise<void> {
    while (this.heard.filter(isIt).length < times && !this.hasEnded) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL") {
    this.child.kill(signal);
    return this.ended;
  }

  private tell(): void {
    for (const resume of this.waiting) resume();
    this.waiting.clear();
  }
}

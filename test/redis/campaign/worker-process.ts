/** A worker of the campaign as a process: made, told what to start, heard, stopped, killed. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../replay/world";
import { type Interval, machineTime } from "./machine-time";

export interface WorkerSettings {
  /** The app: one of its versions. */
  root: string;
  url: string;
  prefix: string;
  leaseMs: number;
  /** Where its step bodies say that they begin and end. */
  file: string;
  /** When its clock jumps, and how far. */
  jump?: { inMs: number; shiftMs: number };
}

interface Said {
  ready?: true;
  guarantee?: string;
  acknowledged?: string;
  refused?: string;
  said?: string;
}

const MOST_SAID = 60;

export class WorkerProcess {
  readonly startedAt = machineTime();
  /** Infinity while it lives. A process that was killed does nothing from then on. */
  endedAt = Infinity;
  isReady = false;
  guarantee = "";
  /** What it said last. */
  readonly said: string[] = [];
  /** When it could not run, or not reach the world. */
  readonly troubles: Interval[] = [];
  /** It ended, and nobody had asked it to. */
  diedOf: string | null = null;
  private isAsked = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<void>;

  constructor(
    readonly settings: WorkerSettings,
    private readonly onAcknowledged: (runId: string) => void,
    private readonly onEnded: (worker: WorkerProcess) => void,
  ) {
    const { jump, ...rest } = settings;
    const preload = ["--require", path.join(__dirname, "clock.cjs")];
    const config = JSON.stringify({ ...rest, dist: path.join(ROOT, "dist") });
    const moment = jump && process.hrtime.bigint() + BigInt(jump.inMs) * 1_000_000n;
    const clock = jump && { CAMPAIGN_CLOCK: `${moment}:${jump.shiftMs}` };
    this.child = spawn(
      process.execPath,
      [...preload, path.join(__dirname, "worker.cjs"), config],
      // A host that Jest runs in has settings that are not for others.
      { env: { ...process.env, NODE_OPTIONS: "", ...clock } },
    );
    this.child.stdin.on("error", () => undefined);
    this.child.stderr.on("data", (chunk: Buffer) => this.note(`stderr: ${chunk.toString()}`));
    createInterface(this.child.stdout).on("line", (line) => this.hear(JSON.parse(line) as Said));
    this.ended = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => {
        this.endedAt = Math.min(this.endedAt, machineTime());
        if (!this.isAsked) this.diedOf = `code ${code}, signal ${signal}`;
        resolve();
        this.onEnded(this);
      });
    });
    process.once("exit", this.killAtExit);
  }

  get isAlive(): boolean {
    return this.endedAt === Infinity;
  }

  start(runId: string, name: string, args: readonly unknown[]): void {
    this.child.stdin.write(`${JSON.stringify({ runId, name, args })}\n`);
  }

  async kill(): Promise<void> {
    this.isAsked = true;
    if (this.isAlive) {
      this.endedAt = machineTime();
      this.child.kill("SIGKILL");
    }
    await this.ended;
    process.off("exit", this.killAtExit);
  }

  /** As a deploy does it: it is asked first, and killed when that takes too long. */
  async retire(graceMs: number): Promise<void> {
    this.isAsked = true;
    this.child.kill("SIGTERM");
    const tooLong = setTimeout(() => void this.kill(), graceMs);
    await this.ended;
    clearTimeout(tooLong);
    process.off("exit", this.killAtExit);
  }

  freeze(): void {
    this.child.kill("SIGSTOP");
  }

  thaw(): void {
    this.child.kill("SIGCONT");
  }

  private readonly killAtExit = () => void this.child.kill("SIGKILL");

  private hear({ ready, guarantee = "", acknowledged, said }: Said): void {
    if (ready) Object.assign(this, { isReady: true, guarantee });
    if (acknowledged !== undefined) this.onAcknowledged(acknowledged);
    if (said !== undefined) this.note(said);
  }

  private note(text: string): void {
    this.said.push(`${Math.round(machineTime() - this.startedAt)} ms: ${text}`);
    if (this.said.length > MOST_SAID) this.said.shift();
  }
}

/** The app of a developer: started, and started again whenever its sources have changed. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Terminal } from "./command";
import { watchSources } from "./watch-sources";

/** What compiles TypeScript and directives as the app is loaded. */
const REGISTER = pathToFileURL(path.resolve(__dirname, "../lib/register.mjs")).href;
/** How long the app has to hand back what it holds. */
const LETTING_GO_MS = 10_000;

export interface DevOptions {
  /** The script of the app and its arguments. */
  program: readonly string[];
  root: string;
  env: Readonly<Record<string, string | undefined>>;
}

export class DevProcess {
  private child: ChildProcess | null = null;
  /** A change, or the end, has come while the app was letting go. */
  private isLeaving = false;

  constructor(
    private readonly options: DevOptions,
    private readonly terminal: Terminal,
  ) {}

  /** Resolves when somebody has ended it with a signal. */
  async untilStopped(): Promise<void> {
    const stop = watchSources(this.options.root, (file) => {
      this.terminal.err(`[everstep] ${file} has changed; the app starts again`);
      void this.restart();
    });
    this.start();
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    });
    stop();
    this.isLeaving = true;
    await this.end();
  }

  private start(): void {
    const { program, env } = this.options;
    const args = ["--enable-source-maps", "--import", REGISTER, ...program];
    const { cwd } = this.terminal;
    const child = spawn(process.execPath, args, { cwd, env, stdio: "inherit" });
    this.child = child;
    child.once("exit", (code, signal) => {
      if (this.child !== child) return;
      this.child = null;
      if (this.isLeaving) return;
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      this.terminal.err(`[everstep] The app ended ${how}; it starts again when a file changes`);
    });
  }

  private async restart(): Promise<void> {
    if (this.isLeaving) return;
    this.isLeaving = true;
    await this.end();
    this.isLeaving = false;
    this.start();
  }

  private async end(): Promise<void> {
    const { child } = this;
    if (!child) return;
    const isOver = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), LETTING_GO_MS);
    await isOver;
    clearTimeout(timer);
  }
}

/**
 * A Redis that is killed and started again: on the same port, with the files that it left. What the
 * loss of its machine would take from these files can be taken as well.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { startRedisServer } from "../redis-server";

const READY_WITHIN_MS = 30_000;
const LOOK_MS = 50;

export type Settings = Record<string, string>;

export const SAFE: Settings = { appendonly: "yes", appendfsync: "always", save: "" };

export class AofServer {
  private child: ChildProcess | null = null;
  private readonly folder = mkdtempSync(path.join(tmpdir(), "everstep-campaign-"));
  private readonly killAtExit = () => void this.child?.kill("SIGKILL");
  /** How long the newest file of the log was, and when. */
  private sizes: { at: number; size: number }[] = [];
  private timer: NodeJS.Timeout | null = null;

  private constructor(
    readonly port: number,
    private readonly settings: Settings,
  ) {}

  static async start(settings: Settings = SAFE): Promise<AofServer> {
    // Whoever has started one knows that there is a Redis here, and which port is free.
    const probe = await startRedisServer();
    await probe.stop();
    const server = new AofServer(Number(new URL(probe.url).port), settings);
    process.once("exit", server.killAtExit);
    await server.begin();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get isUp(): boolean {
    return this.child !== null;
  }

  /** Resolves when it has read its files and answers. */
  async begin(): Promise<void> {
    const given = { port: String(this.port), bind: "127.0.0.1", dir: this.folder };
    const all = Object.entries({ ...given, ...this.settings });
    const args = all.flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const note = (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-2000));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", note);
    this.child = child;
    await this.answers(child, () => printed);
    this.sizes = [];
    this.timer = setInterval(() => this.noteSize(), LOOK_MS);
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (this.timer) clearInterval(this.timer);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** As after `kill`, and what was written in the last second never reached the disk. */
  async losePower(): Promise<void> {
    await this.kill();
    const before = performance.now() - 1_000;
    const kept = this.sizes.findLast(({ at }) => at <= before);
    const file = this.newestLog();
    if (file && kept && kept.size < statSync(file).size) truncateSync(file, kept.size);
  }

  async stop(): Promise<void> {
    await this.kill();
    process.off("exit", this.killAtExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private noteSize(): void {
    const file = this.newestLog();
    if (!file) return;
    this.sizes.push({ at: performance.now(), size: statSync(file).size });
    if (this.sizes.length > 1_000) this.sizes.splice(0, 500);
  }

  /** The part of the log that grows; nothing where there is no log. */
  private newestLog(): string | undefined {
    try {
      const folder = path.join(this.folder, "appendonlydir");
      const name = readdirSync(folder)
        .filter((each) => each.endsWith(".incr.aof"))
        .sort()
        .at(-1);
      return name && path.join(folder, name);
    } catch {
      return undefined;
    }
  }

  private async answers(child: ChildProcess, printed: () => string): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    const client = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: 0 });
    client.on("error", () => undefined);
    try {
      for (;;) {
        const answer = await client.ping().catch((error: Error) => error.message);
        if (answer === "PONG") return;
        if (child.exitCode === null && performance.now() < deadline) continue;
        throw new Error(`The Redis of the campaign did not start (${answer}): ${printed()}`);
      }
    } finally {
      client.disconnect();
    }
  }
}

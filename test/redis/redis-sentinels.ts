/**
 * A master with a replica, and Sentinels that watch over them: real processes of the tests' own. A
 * Sentinel is the same program as a server, with a file that it writes itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { until } from "./redis-cluster";
import { type RedisServer, startRedisServer } from "./redis-server";

export const MASTER_NAME = "main";
const DOWN_AFTER_MS = 500;
const FAILOVER_WITHIN_MS = 2_000;

export interface RedisSentinels {
  master: RedisServer;
  replica: RedisServer;
  sentinels: Sentinel[];
  stop(): Promise<void>;
}

export async function startRedisSentinels(count = 3): Promise<RedisSentinels> {
  const settings = { "repl-diskless-sync-delay": 0 };
  const master = await startRedisServer({ settings });
  const replica = await startRedisServer({
    settings: { ...settings, replicaof: `127.0.0.1 ${master.port}` },
  });
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-sentinels-"));
  const sentinels = await Promise.all(
    Array.from({ length: count }, (_, at) => Sentinel.open(path.join(folder, `${at}`), master)),
  );
  await until(async () =>
    (await Promise.all(sentinels.map((each) => each.isReady(count)))).every(Boolean),
  );
  const stop = async () => {
    await Promise.all(sentinels.map((each) => each.kill()));
    await Promise.all([master.stop(), replica.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  return { master, replica, sentinels, stop };
}

export class Sentinel {
  private process: ChildProcess | null = null;

  private constructor(
    private readonly file: string,
    readonly port: number,
  ) {}

  static async open(name: string, master: RedisServer): Promise<Sentinel> {
    const sentinel = new Sentinel(`${name}.conf`, await freePort());
    const lines = [
      ...[`port ${sentinel.port}`, "bind 127.0.0.1", `dir ${path.dirname(name)}`],
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${MASTER_NAME} ${FAILOVER_WITHIN_MS}`,
    ];
    writeFileSync(sentinel.file, lines.join("\n") + "\n");
    sentinel.launch();
    return sentinel;
  }

  launch(): void {
    const started = spawn("redis-server", [this.file, "--sentinel"], { stdio: "ignore" });
    const kill = () => started.kill("SIGKILL");
    process.once("exit", kill);
    started.once("exit", () => process.off("exit", kill));
    this.process = started;
  }

  async kill(): Promise<void> {
    const { process: running } = this;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await ended;
  }

  /** Whether it knows so many Sentinels, itself among them, and a master that has a replica. */
  async isReady(count: number): Promise<boolean> {
    const [facts] = (await this.ask("MASTERS")) as string[][];
    const valueOf = (name: string) => Number(facts?.[facts.indexOf(name) + 1]);
    const isThere = valueOf("num-other-sentinels") === count - 1 && valueOf("num-slaves") === 1;
    return isThere && facts![facts!.indexOf("flags") + 1] === "master";
  }

  /** The port of whoever is the master. */
  async masterPort(): Promise<number> {
    const address = await this.ask("GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
    return Number((address as string[] | null)?.[1]);
  }

  /** Null while it does not answer. */
  private async ask(...command: string[]): Promise<unknown> {
    const client = new Redis(this.port, { retryStrategy: () => null, lazyConnect: true });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await client.call("SENTINEL", ...command);
    } catch {
      return [];
    } finally {
      client.disconnect();
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

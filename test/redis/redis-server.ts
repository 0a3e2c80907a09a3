/**
 * A Redis of the tests' own: a real server on a free port, with its files in a folder that goes with
 * it. As a cluster it is one node that has all slots, unless redis-cluster.ts makes it one of several.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";

const SERVER = "redis-server";
const STARTS_WITHIN_MS = 15_000;
/** A node of a cluster also listens this far above its port. */
const BUS_OFFSET = 10_000;
const MOST_PORT = 65_535 - BUS_OFFSET;

export interface RedisServer {
  url: string;
  port: number;
  /** It answers nobody any more, and keeps its connections. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** With all slots; "empty" without any, to be one node of several. */
  isCluster?: boolean | "empty";
  /** As in redis.conf. */
  settings?: Readonly<Record<string, string | number>>;
}

export async function startRedisServer({
  isCluster = false,
  settings = {},
}: RedisServerOptions = {}): Promise<RedisServer> {
  ensureInstalled();
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-redis-"));
  const port = await freePort();
  const options = { port, bind: "127.0.0.1", dir: folder, save: "", appendonly: "no" };
  // A node that has met no other does not know its own address.
  const cluster = isCluster && { "cluster-enabled": "yes", "cluster-announce-ip": "127.0.0.1" };
  const args = Object.entries({ ...options, ...cluster, ...settings }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const server = spawn(SERVER, args, { stdio: ["ignore", "pipe", "pipe"] });
  const killServer = () => server.kill("SIGKILL");
  process.once("exit", killServer);
  const url = `redis://127.0.0.1:${port}`;
  await isReady(server, url, isCluster === true);
  const stop = async () => {
    process.off("exit", killServer);
    const ended = new Promise((resolve) => server.once("exit", resolve));
    if (server.exitCode === null && server.signalCode === null && killServer()) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const [freeze, thaw] = (["SIGSTOP", "SIGCONT"] as const).map(
    (signal) => () => void server.kill(signal),
  );
  return { url, port, freeze: freeze!, thaw: thaw!, stop };
}

/** Throws one line that says what to install, where it cannot do so itself. */
function ensureInstalled(): void {
  if (isInstalled()) return;
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { stdio: "pipe" });
  try {
    run("apt-get", "update");
    run("apt-get", "install", "-y", SERVER);
  } catch {
    // Not root, or not Debian.
  }
  if (!isInstalled()) {
    throw new Error("These tests need Redis 7.0 or newer: install the package redis-server.");
  }
}

function isInstalled(): boolean {
  try {
    execFileSync(SERVER, ["--version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      });
    });
    if (port <= MOST_PORT) return port;
  }
}

/** Until it answers, and as a cluster until it has all slots. */
async function isReady(server: ChildProcess, url: string, isCluster: boolean): Promise<void> {
  let printed = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on("data", (chunk: Buffer) => (printed = (printed + chunk).slice(-2000)));
  }
  const retryStrategy = () => (server.exitCode === null ? 20 : null);
  const client = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  client.on("error", () => undefined);
  const tooLate = setTimeout(() => client.disconnect(), STARTS_WITHIN_MS);
  try {
    await client.ping();
    if (!isCluster) return;
    await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    while (!String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok"));
  } catch {
    server.kill("SIGKILL");
    throw new Error(`The Redis of the tests did not start: ${printed}`);
  } finally {
    clearTimeout(tooLate);
    client.disconnect();
  }
}

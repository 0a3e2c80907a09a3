import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/** Ends the server when whoever started it is gone, however that went, and takes its folder along. */
const WHILE_WANTED = 'redis-server "$@" & read end; kill $!; wait $!; rm -rf "$0"';

export interface OwnRedis {
  url: string;
  stop(): void;
}

/** A Redis for this example only, on a free port and in a folder of its own. */
export async function startRedis(): Promise<OwnRedis> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    throw new Error("Install redis-server, or say where one is: WORKFLOW_REDIS_URL=redis://…");
  }
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-redis-"));
  const options = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", loglevel: "warning" };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // Away from the keys that end this program: it is to end after those who use it.
  const shell = spawn("sh", ["-c", WHILE_WANTED, folder, ...args], {
    ...{ detached: true, stdio: ["pipe", "ignore", "inherit"] },
  });
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20));
  return { url: `redis://127.0.0.1:${port}`, stop: () => void shell.stdin.end() };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

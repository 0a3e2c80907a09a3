// What the processes of bench/redis.mjs share: a server of their own, and the app that runs on it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { compileApp, load } from "./open-app.mjs";

const require = createRequire(import.meta.url);
export const { Redis } = require("ioredis");

const SOURCE = `
import { createHook, getWritable, sleep } from "everstep";
export const seen = [];
export async function noop(n) { "use step"; if (seen.isOn) seen.push(performance.now()); return { ok: true, n }; }
export async function work(n, ms) {
  "use step";
  const began = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { began, ended: Date.now(), worker: process.pid };
}
async function write(count) {
  "use step";
  const writer = getWritable().getWriter();
  for (let n = 0; n < count; n++) await writer.write("x".repeat(98));
  writer.releaseLock();
}
export async function sequence(count) {
  "use workflow";
  for (let n = 0; n < count; n++) await noop(n);
  return count;
}
export async function fan(count) {
  "use workflow";
  return (await Promise.all(Array.from({ length: count }, (_, n) => noop(n)))).length;
}
export async function slow(count, ms) {
  "use workflow";
  const done = [];
  for (let n = 0; n < count; n++) done.push(await work(n, ms));
  return done;
}
export async function answered(token) { "use workflow"; return createHook({ token }); }
export async function asleep() { "use workflow"; await sleep("1 day"); }
export async function stream(count) { "use workflow"; await write(count); }`;

/** `world` with what `options` say; its runtime executes unless they say no. */
export function openRedisApp({ url, prefix, ...options }) {
  const { createRedisWorld } = load("redis-world/index.js");
  const { createRuntime } = load("lib/runtime.js");
  const { root, exports } = compileApp(SOURCE);
  const world = createRedisWorld({ url, prefix });
  const usual = { world, root, handlesSignals: false, log: () => {} };
  const runtime = createRuntime({ ...usual, ...options });
  const close = async () => {
    await runtime.stop();
    await world.close();
    rmSync(root, { recursive: true, force: true });
  };
  return { root, exports, world, runtime, close };
}

/** A server as one would have in production: an append-only file, written to disk each second. */
export async function startServer() {
  const port = await freePort();
  const dir = mkdtempSync(path.join(tmpdir(), "everstep-bench-redis-"));
  const options = { port, bind: "127.0.0.1", dir, save: "", appendonly: "yes" };
  const args = Object.entries({ ...options, appendfsync: "everysec" });
  const server = spawn(
    "redis-server",
    args.flatMap(([name, value]) => [`--${name}`, String(value)]),
    { stdio: "ignore" },
  );
  const end = () => {
    server.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", end);
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on("error", () => undefined);
  await client.ping();
  return { url, client, version: (await info(client, "server")).redis_version };
}

/** A section of INFO as an object. */
export async function info(client, section) {
  const lines = (await client.info(section)).split("\r\n");
  return Object.fromEntries(lines.map((line) => line.split(":")));
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

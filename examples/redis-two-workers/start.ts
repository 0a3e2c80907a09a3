import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { startRedis } from "./redis.ts";

const port = process.env.PORT ?? "3000";
const given = process.env.WORKFLOW_REDIS_URL;
const redis = given ? null : await startRedis();
const url = given ?? redis!.url;
const env = { ...process.env, WORKFLOW_TARGET_WORLD: "redis", WORKFLOW_REDIS_URL: url };
let isEnding = false;

const [server, ...workers] = await Promise.all(
  ["server.ts", "worker.ts", "worker.ts"].map((file) => startProcess(file)),
);

console.log(`
Redis is ${url}, the server ${server!.pid}, the workers ${workers.map(({ pid }) => pid).join(" and ")}.
Try next, from another terminal:
  curl -X POST localhost:${port}/orders -H "content-type: application/json" -d '{"id":"A1"}'
  curl -N localhost:${port}/orders/<runId>/stream
  curl localhost:${port}/orders/<runId>

And kill the worker that has the order, while it works on it:
${workers.map(({ pid }) => `  kill -9 ${pid}`).join("\n")}
`);

/** Resolves when it says that it is ready. */
function startProcess(file: string): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, file), { env });
  child.once("exit", (_code, signal) => {
    if (!isEnding) console.log(`${file} ${child.pid} has ended${signal ? ` (${signal})` : ""}`);
  });
  process.once("exit", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve(child));
    child.once("exit", () => reject(new Error(`${file} did not start`)));
  });
}

process.once("SIGINT", () => stop(false));
process.once("SIGTERM", () => stop(true));

/** Whoever has runs gives them back; Redis goes last. A terminal has told the others by itself. */
async function stop(tellsOthers: boolean): Promise<void> {
  isEnding = true;
  await Promise.all([server!, ...workers].map((child) => end(child, tellsOthers)));
  redis?.stop();
  process.exit();
}

async function end(child: ChildProcess, isToldHere: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (isToldHere) child.kill("SIGTERM");
  await ended;
}

/** `step.concurrency` in a world that processes share: it holds for all of them together (E1, PM1). */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Permits } from "../../lib/contract/permits";
import type { World } from "../../lib/contract/world";
import { createRuntime, type Runtime } from "../../lib/runtime";
import { createRedisWorld } from "../../redis-world";
import { type RedisServer, startRedisServer } from "../redis/redis-server";
import { ROOT, tempApp } from "../replay/world";
import { openApp, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
export let atOnce = 0;
export let most = 0;
export const order = [];
export async function narrow(name) {
  "use step";
  most = Math.max(most, ++atOnce);
  order.push(name);
  await new Promise((resolve) => setTimeout(resolve, 4));
  atOnce--;
}
narrow.concurrency = 2;
export async function single(name) {
  "use workflow";
  await narrow(name);
  return name;
}
export async function fan(length) {
  "use workflow";
  await Promise.all(Array.from({ length }, () => narrow("fan")));
  return length;
}
export async function chain(length) {
  "use workflow";
  for (let n = 0; n < length; n++) await narrow("chain");
  return length;
}
`;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
}, 180_000);
afterAll(() => redis.stop());

let app: TestApp;
const others: { runtime: Runtime; world: World }[] = [];
let prefixes = 0;

/** So many engines, each with a world of its own on the same data. */
async function openEngines(count: number, change = (world: World) => world): Promise<void> {
  const prefix = `engines${prefixes++}`;
  const openWorld = () => change(createRedisWorld({ url: redis.url, prefix, leaseMs: 2_000 }));
  app = await openApp(SOURCE, { openWorld });
  for (let n = 1; n < count; n++) {
    const world = openWorld();
    const { root } = app;
    const runtime = createRuntime({ root, world, handlesSignals: false, log: () => undefined });
    await runtime.start();
    others.push({ runtime, world });
  }
}

describe("engines that share a world", () => {
  afterEach(async () => {
    for (const { runtime, world } of others.splice(0)) {
      await runtime.stop({ graceMs: 0 });
      await world.close();
    }
    await app.stop();
  });

  const seen = () =>
    app.exports as unknown as { most: number; order: string[]; narrow: { concurrency: number } };
  const startMany = (workflow: string, count: number, ...args: unknown[]) =>
    Promise.all(Array.from({ length: count }, (_, n) => startOf(app, workflow, ...args, n)));

  test.each([2, 4])("%d of them run two bodies at once, and all runs end", async (count) => {
    await openEngines(count);
    const runs = [...(await startMany("single", 20)), ...(await startMany("fan", 2, 10))];
    await Promise.all(runs.map((run) => run.returnValue));
    expect(seen().order).toHaveLength(40);
    expect(seen().most).toBe(2);
  });

  test("a run with one such step is not behind all those of others", async () => {
    await openEngines(2);
    seen().narrow.concurrency = 1;
    const fans = await startMany("fan", 2, 60);
    await until(() => seen().order.length > 4);
    const one = await startOf(app, "single", "one");
    await Promise.all([one, ...fans].map((run) => run.returnValue));
    expect(seen().most).toBe(1);
    expect(seen().order.slice(0, 60)).toContain("one");
  });

  test("runs whose steps follow each other share the permits", async () => {
    await openEngines(2);
    const runs = await startMany("chain", 6, 5);
    await Promise.all(runs.map((run) => run.returnValue));
    expect(seen().order).toHaveLength(30);
    expect(seen().most).toBeLessThanOrEqual(2);
  });

  test("PM3: a process that is never told finds its permits all the same", async () => {
    await openEngines(3, (world) => ({ ...world, permits: deaf(world.permits!) }));
    const runs = await startMany("single", 12);
    await Promise.all(runs.map((run) => run.returnValue));
    expect(seen().most).toBe(2);
  });

  test("permits that nobody uses are not kept", async () => {
    await openEngines(2);
    await Promise.all((await startMany("single", 10)).map((run) => run.returnValue));
    const session = await app.world.dispatch.openSession();
    const name = (seen().narrow as unknown as { stepId: string }).stepId;
    let turn = 0;
    const ask = (gives: number) =>
      app.world.permits!.share!(session!, {
        name,
        limit: 2,
        turn: ++turn,
        gives,
        wants: 2 - gives,
      });
    await until(async () => (await ask(0)) === 2);
    await ask(2);
  });
});

function deaf(permits: Permits): Permits {
  return new Proxy(permits, {
    get(target, name) {
      if (name === "listenForPermits") return () => () => undefined;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Notes when bodies begin and end, and where; they end when the file `go` is there. */
const STEPS = `
import { appendFileSync, existsSync } from "node:fs";
import path from "node:path";
const note = (what) =>
  appendFileSync(path.join(process.env.NOTES, "notes"), what + " " + process.pid + "\\n");
export async function narrow(n) {
  "use step";
  note("began");
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (!existsSync(path.join(process.env.NOTES, "go")));
  note("ended");
}
narrow.concurrency = 2;
narrow.maxRetries = 100;
export async function order(n) {
  "use workflow";
  await narrow(n);
  return n;
}`;
const APP = `
import { start } from "everstep/api";
import { createRuntime } from "everstep/runtime";
import { createRedisWorld } from ${JSON.stringify(path.join(ROOT, "dist/redis-world/index.js"))};
import { order } from "./workflows/order.mjs";

const [url, prefix, count] = process.argv.slice(2);
const world = createRedisWorld({ url, prefix, leaseMs: 2000 });
await createRuntime({ world, log: () => undefined }).start();
for (let n = 0; n < Number(count); n++) await start(order, [n], { id: "run_" + process.pid + "_" + n });
console.log("started");
`;

describe("processes that share a world", () => {
  const processes: ChildProcessWithoutNullStreams[] = [];
  let root: string;
  let world: World;

  beforeEach(() => {
    root = tempApp({ "workflows/order.mjs": STEPS, "app.mjs": APP });
    world = createRedisWorld({ url: redis.url, prefix: path.basename(root) });
  });
  afterEach(async () => {
    for (const each of processes.splice(0)) each.kill("SIGKILL");
    await world.close();
  });

  /** Resolves when it executes, and has started so many runs. */
  async function launch(count: number): Promise<ChildProcessWithoutNullStreams> {
    const register = pathToFileURL(path.join(ROOT, "dist/lib/register.mjs")).href;
    const program = ["--import", register, path.join(root, "app.mjs")];
    const args = [...program, redis.url, path.basename(root), String(count)];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, NOTES: root },
    });
    processes.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.stderr.once("data", (chunk: Buffer) => reject(new Error(chunk.toString())));
    });
    return child;
  }

  const notes = () => {
    const file = path.join(root, "notes");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ") as [string, string]);
  };
  const go = () => writeFileSync(path.join(root, "go"), "");
  const untilAllEnded = (count: number) =>
    until(async () => {
      const { data } = await world.runs.list({ status: "completed", limit: 100 });
      return data.length === count;
    });

  test("four of them run two bodies at once", async () => {
    await Promise.all([launch(5), launch(5), launch(5), launch(5)]);
    await until(() => notes().length === 2);
    go();
    await untilAllEnded(20);
    let atOnce = 0;
    for (const [what] of notes()) {
      atOnce += what === "began" ? 1 : -1;
      expect(atOnce).toBeLessThanOrEqual(2);
    }
    expect(notes()).toHaveLength(40);
    expect(new Set(notes().map(([, pid]) => pid)).size).toBeGreaterThan(1);
  });

  test("SIGKILL of the one that has both permits frees them when its lease is over", async () => {
    const first = await launch(6);
    await until(() => notes().length === 2);
    await launch(0);
    expect(notes()).toHaveLength(2);
    first.kill("SIGKILL");
    const killedAt = performance.now();
    await until(() => notes().length === 4);
    expect(performance.now() - killedAt).toBeLessThan(8_000);
    const [, , third, fourth] = notes();
    expect([third![1], fourth![1]]).not.toContain(String(first.pid));
    go();
    await untilAllEnded(6);
    expect(notes().filter(([what]) => what === "began")).toHaveLength(8);
  }, 30_000);
});

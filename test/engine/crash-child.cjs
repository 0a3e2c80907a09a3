/**
 * The process that is killed, and the one that goes on after it. It takes tasks as lines on stdin, one
 * after the other: a folder, runs to start there or to go on with, and where to be killed. What it
 * says is written at once, so that a kill takes none of it back.
 */
const fs = require("node:fs");
const path = require("node:path");
const { createInterface } = require("node:readline");
const { watchCommands } = require("./crash-commands.cjs");
const { watched } = require("./crash-network.cjs");

const [root, dist] = process.argv.slice(2);
const load = (file) => require(path.join(dist, file));
const { createEmbeddedWorld } = load("embedded-world/index.js");
const { createRuntime } = load("lib/runtime.js");
const { start, getRun, resumeHook } = load("lib/api.js");
const workflows = require(path.join(root, "host.cjs"));

const say = (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`);
const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

/** What the engine says when its lease is over although it lives: it was stopped for so long. */
const LAPSED = /session of this process was lost/;

/** What the steps of the workflows do, and what is known of the life of this process. */
class Crash {
  counts = {};
  onBegan = () => undefined;

  constructor(task) {
    this.task = task;
    this.file = path.join(task.dataDir, "bodies.jsonl");
  }

  /** Each line is a body that began or ended. */
  note(what, label, { stepId, attempt }, { workflowRunId: runId }) {
    const line = { what, life: this.task.life, runId, stepId, attempt, label, at: Date.now() };
    fs.appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  async body(label, step, run, { ms = 2, throwsOnce = false, dies = false } = {}) {
    this.note("began", label, step, run);
    this.reach("body.begin")();
    if (dies) die();
    this.onBegan(label, run.workflowRunId);
    if (this.task.tells) say({ began: label });
    await pause(ms, step.signal);
    if (throwsOnce && !this.hasThrown(run.workflowRunId)) throw new Error("once");
    this.note("ended", label, step, run);
    this.reach("body.end")();
    return label;
  }

  /** Remembered beside the data, so that it is once for all processes. */
  hasThrown(runId) {
    const file = path.join(this.task.dataDir, `${runId}.thrown`);
    const has = fs.existsSync(file);
    fs.writeFileSync(file, "");
    return has;
  }

  isMended({ workflowRunId: runId }) {
    return fs.existsSync(path.join(this.task.dataDir, `${runId}.mended`));
  }

  mend(runId) {
    fs.writeFileSync(path.join(this.task.dataDir, `${runId}.mended`), "");
  }

  reach(site) {
    const nth = (this.counts[site] = (this.counts[site] ?? 0) + 1);
    this.killIf(site, nth, "before");
    return () => this.killIf(site, nth, "after");
  }

  killIf(site, nth, when) {
    const { kill } = this.task;
    if (kill && kill.site === site && kill.nth === nth && kill.when === when) die();
  }
}

function die() {
  process.kill(process.pid, "SIGKILL");
  // Nothing more may happen until the signal is there.
  for (;;);
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

async function perform(task) {
  const crash = (globalThis.crash = new Crash(task));
  const { inner, world } = openWorlds(task);
  const said = [];
  const log = (_level, message) => {
    said.push(message);
    if (LAPSED.test(message)) say({ lapsed: true });
  };
  const { signals = false, concurrency } = task;
  const options = {
    world,
    root,
    log,
    handlesSignals: signals,
    ...(concurrency && { concurrency }),
  };
  const runtime = createRuntime(options);
  const cancelled = (runId) => say({ cancelled: runId });
  crash.onBegan = (label, runId) => {
    if (label === "cancel me")
      getRun(runId)
        .cancel()
        .then(
          () => cancelled(runId),
          () => undefined,
        );
  };
  await runtime.start();
  say({ ready: true });
  if (task.fails) throw new Error("the app does not come up");
  for (const { runId, name, args, isThere } of task.runs) {
    if (isThere) continue;
    await start(workflows[name], args, { id: runId });
    say({ acknowledged: runId });
  }
  if (task.resumes) void resume(task.resumes, inner);
  if (task.retries) await retry(task.retries, inner);
  await (task.stays ? new Promise(() => undefined) : untilAllAreOver(world, task));
  say({ done: true, counts: crash.counts, said, explained: await explain(world, task) });
  await runtime.stop({ graceMs: 0 });
  await inner.close();
}

let isWatched = false;

/** `world` says what it writes; on Redis all that is sent does, and only once for all tasks. */
function openWorlds({ dataDir, redis }) {
  const reached = (site) => globalThis.crash.reach(site);
  if (!redis) {
    const inner = createEmbeddedWorld({ dataDir });
    return { inner, world: watched(inner, reached) };
  }
  if (!isWatched) watchCommands(dist, reached);
  isWatched = true;
  const world = load("redis-world/index.js").createRedisWorld(redis);
  return { inner: world, world };
}

/** Runs that others have started in the folder count as well. */
async function untilAllAreOver(world, { runs, patienceMs = 15_000 }) {
  const deadline = Date.now() + patienceMs;
  const isOver = ({ status }) => status !== "pending" && status !== "running";
  for (;;) {
    const { data } = await world.runs.list({ limit: 1000 });
    if (data.length >= runs.length && data.every(isOver)) return;
    if (Date.now() > deadline) return;
    await turn();
  }
}

/** What is not over says why. */
async function explain(world, { runs }) {
  const explained = {};
  for (const { runId } of runs) {
    const run = getRun(runId, { world });
    explained[runId] = await run.explain();
  }
  return explained;
}

async function resume({ token, payload, runId }, world) {
  for (;;) {
    try {
      return await resumeHook(token, payload, { id: "once" });
    } catch {
      const run = await world.runs.get(runId);
      if (run && run.endedAt !== undefined) return;
      await turn();
    }
  }
}

/** As soon as the run has failed, unless that was done in another life. */
async function retry(runId, world) {
  for (;;) {
    const run = await world.runs.get(runId);
    if (run.status === "failed") break;
    if (globalThis.crash.isMended({ workflowRunId: runId }) || run.endedAt !== undefined) return;
    await turn();
  }
  globalThis.crash.mend(runId);
  await getRun(runId).retry();
  say({ retried: runId });
}

(async () => {
  for await (const line of createInterface(process.stdin)) await perform(JSON.parse(line));
})();

// One activation in a live context beside a bare evaluation, cold replay, and what a context costs.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { printRatio, printVersions } from "./report.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const load = (file) => require(path.join(ROOT, "dist", file));
const { buildWorkflows } = load("lib/build/build-workflows.js");
const { compileBundle } = load("lib/replay/sandbox.js");
const { RunContext } = load("lib/replay/run-context.js");
const { eventOf } = load("lib/replay/created-events.js");
const { createHostCodec } = load("lib/engine/host-codec.js");
const { globalsServices } = load("lib/engine/globals-services.js");

const SAMPLES = 5;
const STEPS = 5000;
const codec = createHostCodec();
const services = {
  ...globalsServices,
  environment: () => undefined,
  print: () => undefined,
  newToken: (_run, call) => call,
  computedMs: () => performance.now(),
};

const WORKFLOW = `
export async function charge(order) { "use step"; return order }
export async function order(steps) {
  "use workflow";
  let last;
  for (let n = 0; n < steps; n++) last = await charge({ n, sku: "a-1", amount: 12.5 });
  return last;
}`;
const ID = "workflow//./workflows/bench//order";
const OUTPUT = codec.encode({ ok: true, id: "charge-1", amount: 12.5 }, "step return value");

printVersions();
const bundle = await bundleOf("");
await activations();
await coldReplay();
await contexts();
await runs();
memory();

async function bundleOf(ballast) {
  const root = mkdtempSync(path.join(tmpdir(), "everstep-bench-"));
  mkdirSync(path.join(root, "workflows"));
  mkdirSync(path.join(root, "node_modules"));
  symlinkSync(ROOT, path.join(root, "node_modules/everstep"));
  writeFileSync(path.join(root, "package.json"), '{ "name": "bench", "private": true }');
  writeFileSync(path.join(root, "workflows/bench.js"), ballast + WORKFLOW);
  const { bundle } = await buildWorkflows({ cwd: root });
  rmSync(root, { recursive: true });
  return { ...compileBundle(bundle.code, bundle.hash), bytes: bundle.code.length };
}

function start(steps, bundleToUse = bundle) {
  const context = new RunContext({ bundle: bundleToUse, services, turnLimitMs: 60_000 });
  const input = codec.encode([steps], "workflow arguments");
  const log = [];
  apply(context, log, {
    type: "run_created",
    at: 0,
    runId: "wrun_bench",
    workflow: ID,
    bundle: "",
    input,
  });
  apply(context, log, { type: "run_started", at: 0 });
  return { context, log };
}

function apply(context, log, event) {
  log.push(event);
  context.apply(event);
}

/** One turn: the result of a step comes in, the next step is asked for. */
function turn({ context, log }) {
  const { call } = log.at(-1);
  apply(context, log, { type: "step_completed", at: context.at + 1, call, output: OUTPUT });
  for (const command of context.takeCommands()) apply(context, log, eventOf(command, context.at));
}

function begin(run) {
  for (const command of run.context.takeCommands()) {
    apply(run.context, run.log, eventOf(command, run.context.at));
  }
  return run;
}

async function activations() {
  console.log("One activation: apply a result, drain, take the commands");
  const context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  const bare = new vm.Script("0");
  const early = { bare: [], turn: [] };
  const late = [];
  const first = [];
  for (let sample = -1; sample < SAMPLES; sample++) {
    const run = begin(start(STEPS + 10));
    for (let n = 0; n < 10; n++) turn(run);
    const atStart = time(500, () => turn(run));
    for (let n = 0; n < STEPS - 1000; n++) turn(run);
    const atEnd = time(490, () => turn(run));
    const alone = time(5000, () => bare.runInContext(context));
    // The first one warms up.
    if (sample < 0) continue;
    early.turn.push(atStart);
    early.bare.push(alone);
    first.push(atStart);
    late.push(atEnd);
  }
  print("bare runInContext", early.bare);
  print("activation near event 20", early.turn);
  print(`activation near event ${2 * STEPS}`, late);
  printRatio("activation to bare", early.turn, early.bare, 6);
  printRatio("late to early", late, first, 1.5);
}

async function coldReplay() {
  const run = begin(start(STEPS));
  while (!run.context.ending) turn(run);
  const rates = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const began = performance.now();
    const context = new RunContext({ bundle, services, turnLimitMs: 60_000 });
    context.replay(run.log);
    if (!context.ending) throw new Error("The replay did not end");
    rates.push(run.log.length / ((performance.now() - began) / 1000));
  }
  rates.sort((a, b) => a - b);
  const [least, middle, most] = [rates[0], rates[SAMPLES >> 1], rates[SAMPLES - 1]].map(Math.round);
  console.log(`Cold replay of ${STEPS} steps (${run.log.length} events)`);
  console.log(`  events a second: median ${middle}  spread ${least} to ${most}`);
}

async function contexts() {
  console.log("A context, from nothing to the first command");
  for (const size of [0, 100_000, 2_000_000]) {
    const loaded = await bundleOf(ballast(size));
    start(1, loaded);
    const samples = [];
    for (let sample = 0; sample < SAMPLES; sample++) samples.push(time(60, () => start(1, loaded)));
    print(`bundle of ${Math.round(loaded.bytes / 1000)} KB`, samples);
  }
}

/** Short runs: nearly all of their time is that of their realm. */
async function runs() {
  console.log("A run of three steps, from nothing to its end");
  const [alone, reused] = [[], []];
  const finish = (loaded, isReleased) => {
    const run = begin(start(3, loaded));
    while (!run.context.ending) turn(run);
    if (isReleased) run.context.release();
  };
  for (let sample = -1; sample < SAMPLES; sample++) {
    // A copy is a bundle of its own, with realms of its own.
    const loaded = { ...bundle };
    finish(loaded, true);
    const again = time(300, () => finish(loaded, true));
    const anew = time(60, () => finish({ ...bundle }, false));
    if (sample < 0) continue;
    alone.push(anew);
    reused.push(again);
  }
  print("in a new realm", alone);
  print("in one that was used before", reused);
  printRatio("used before to new", reused, alone, 0.5);
}

/** Code that the workflow reaches and does not call. */
function ballast(size) {
  const one = (n) =>
    `  f${n}(a, b) { let sum = a * ${n}; if (b > ${n}) sum += b; return [sum, "text ${n}"] },\n`;
  const lines = [];
  for (let length = 0, n = 0; length < size; n++) length += lines[lines.push(one(n)) - 1].length;
  return size === 0 ? "" : `globalThis.table = {\n${lines.join("")}};\n`;
}

function memory() {
  if (typeof globalThis.gc !== "function") return;
  const COUNT = 10_000;
  globalThis.gc();
  const before = process.memoryUsage();
  const kept = [];
  for (let n = 0; n < COUNT; n++) kept.push(begin(start(1)).context);
  globalThis.gc();
  const after = process.memoryUsage();
  const each = (key) => ((after[key] - before[key]) / COUNT / 1024).toFixed(0);
  console.log(
    `${kept.length} live contexts: ${each("rss")} KB of memory each, ${each("heapUsed")} KB of it heap`,
  );
}

/** Microseconds of one call. */
function time(count, action) {
  const began = performance.now();
  for (let n = 0; n < count; n++) action();
  return ((performance.now() - began) * 1000) / count;
}

function print(name, samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const [least, middle, most] = [sorted[0], sorted[samples.length >> 1], sorted.at(-1)];
  const show = (us) => us.toFixed(us < 100 ? 2 : 0);
  console.log(
    `  ${name.padEnd(28)} median ${show(middle)} us  spread ${show(least)} to ${show(most)}`,
  );
}

// W1 to W9 of spec/peers on the Redis world, on a server of its own: beside bare BullMQ and awaited
// scripts of the same size; what a step and a parked run cost the server; how soon a killed process
// is made up for. `SAMPLES=1` is a quick look; `ONLY=W1,W8` leaves the others out.
import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { load } from "./open-app.mjs";
import { info, openRedisApp, startServer } from "./redis-app.mjs";
import { bareAddedJobs, bareAppends, bareChain, bareJobs } from "./redis-bare.mjs";
import { printRatio, printVersions } from "./report.mjs";

const { resumeHook, start } = load("lib/api.js");

const SAMPLES = Number(process.env.SAMPLES ?? 5);
const ONLY = process.env.ONLY?.split(",");
const IDLE_SECONDS = Number(process.env.IDLE_SECONDS ?? 30);
const STEPS = 1_000;
const CHAINS = 40;
const PARKED = 1_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const server = await startServer();
const { url, client } = server;
printVersions({ redis: server.version });
let prefixes = 0;

const BENCHES = {
  W1: sequential,
  chains,
  W2: fanOuts,
  W3: manyRuns,
  W4: startToBody,
  W5: lateAgainstEarly,
  W6: answers,
  W7: chunks,
  W8: parked,
  W9: killed,
  commands,
  memory,
};
for (const [name, bench] of Object.entries(BENCHES)) {
  if (!ONLY || ONLY.includes(name)) await bench();
}
client.disconnect();
process.exit();

/** An app on data of its own, warm unless it is not to execute. */
async function withApp(action, options = {}) {
  const prefix = `bench${prefixes++}`;
  const app = openRedisApp({ url, prefix, ...options });
  await app.runtime.start();
  if (options.worker !== false) await runOf(app.exports.sequence, 200);
  try {
    await action({ ...app, prefix, workflows: app.exports });
  } finally {
    await app.close();
  }
}

async function runOf(workflow, ...args) {
  const run = await start(workflow, args);
  await run.returnValue;
  return run;
}

async function sequential() {
  for (const fsync of ["everysec", "always"]) {
    await client.config("SET", "appendfsync", fsync);
    await withApp(async ({ workflows }) => {
      const [ours, script, chain] = [[], [], []];
      await bareChain(url, 200);
      for (let sample = 0; sample < SAMPLES; sample++) {
        script.push((await bareAppends(client, STEPS)) / STEPS);
        ours.push((await timed(() => runOf(workflows.sequence, STEPS))) / STEPS);
        chain.push((await bareChain(url, STEPS)) / STEPS);
      }
      console.log(`\nW1: a run of 1,000 steps, appendfsync ${fsync}: ${list(ours)} ms a step`);
      console.log(
        `  a hop of a BullMQ chain ${list(chain)} ms, an awaited script ${list(script)} ms`,
      );
      printRatio("a step beside a hop", ours, chain, 0.5);
      printRatio("a step beside a script", ours, script, 3);
    });
  }
  await client.config("SET", "appendfsync", "everysec");
}

async function chains() {
  const steps = 250;
  await withApp(async ({ workflows }) => {
    const [ours, bare] = [[], []];
    const all = () =>
      Promise.all(Array.from({ length: CHAINS }, () => runOf(workflows.sequence, steps)));
    for (let sample = 0; sample < SAMPLES; sample++) {
      bare.push(await bareJobs(url, CHAINS * steps, CHAINS));
      ours.push(await timed(all));
    }
    const rate = (times) => times.map((ms) => Math.round((CHAINS * steps * 1_000) / ms)).join(", ");
    console.log(`\n40 chains at once: ${rate(ours)} steps a second; BullMQ ${rate(bare)} jobs`);
    printRatio("a step beside a job, 40 at once", ours, bare, 1);
  });
}

async function fanOuts() {
  await withApp(async ({ workflows }) => {
    for (const count of [100, 1_000]) {
      const [ours, bare] = [[], []];
      for (let sample = 0; sample < SAMPLES; sample++) {
        bare.push(await bareJobs(url, count, 100));
        ours.push(await timed(() => runOf(workflows.fan, count)));
      }
      console.log(`\nW2: ${count} steps at once: ${list(ours)} ms; as many jobs ${list(bare)} ms`);
    }
  });
}

async function manyRuns() {
  const [one, two, bare] = [[], [], []];
  const all = async ({ exports: workflows }) => {
    let left = 500;
    const lane = async () => {
      while (left-- > 0) await runOf(workflows.sequence, 3);
    };
    return timed(() => Promise.all(Array.from({ length: 50 }, lane)));
  };
  for (let sample = 0; sample < SAMPLES; sample++) bare.push(await bareAddedJobs(url, 1_500, 50));
  await withApp(async (app) => {
    for (let sample = 0; sample < SAMPLES; sample++) one.push(await all(app));
    const other = await startWorker(app.prefix);
    for (let sample = 0; sample < SAMPLES; sample++) two.push(await all(app));
    await other.stop();
  });
  const rate = (times) => times.map((ms) => Math.round(500_000 / ms)).join(", ");
  console.log(`\nW3: 500 runs of 3 steps, 50 in flight: ${rate(one)} runs a second`);
  console.log(`  in two processes ${rate(two)}; 1,500 jobs of BullMQ ${list(bare)} ms`);
  printRatio("500 runs beside 1,500 jobs", one, bare, 1);
}

async function startToBody() {
  await withApp(async ({ workflows }) => {
    const [answered, begun] = [[], []];
    workflows.seen.isOn = true;
    for (let sample = 0; sample < 40 * SAMPLES; sample++) {
      workflows.seen.length = 0;
      const began = performance.now();
      const run = await start(workflows.sequence, [1]);
      answered.push(performance.now() - began);
      await run.returnValue;
      begun.push(workflows.seen[0] - began);
    }
    workflows.seen.isOn = false;
    console.log(`\nW4: start() answered ${percentiles(answered)} ms (10th, 50th, 90th percentile)`);
    console.log(`  start() to the first body ${percentiles(begun)} ms`);
  });
}

async function lateAgainstEarly() {
  await withApp(async ({ workflows }) => {
    const [early, late] = [[], []];
    workflows.seen.isOn = true;
    for (let sample = 0; sample < SAMPLES; sample++) {
      workflows.seen.length = 0;
      await runOf(workflows.sequence, 5_000);
      const at = [...workflows.seen];
      early.push(at[110] - at[10]);
      late.push(at[4_999] - at[4_899]);
    }
    workflows.seen.isOn = false;
    console.log(
      `\nW5: 5,000 steps: steps 10 to 110 ${list(early)} ms, the last 100 ${list(late)} ms`,
    );
    printRatio("late beside early", late, early, 1.2);
  });
}

async function answers() {
  await withApp(async ({ workflows, world }) => {
    const took = [];
    for (let sample = 0; sample < 40 * SAMPLES; sample++) {
      const token = `answer:${sample}`;
      const run = await start(workflows.answered, [token]);
      while (!(await world.hooks.find(token))) await pause(1);
      const began = performance.now();
      const over = run.returnValue.then(() => took.push(performance.now() - began));
      await resumeHook(token, { ok: true, by: "Ada" });
      await over;
    }
    console.log(`\nW6: resumeHook to the result of the run: ${percentiles(took)} ms`);
  });
}

async function chunks() {
  await withApp(async ({ workflows }) => {
    const [rates, firsts] = [[], []];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const began = performance.now();
      const run = await start(workflows.stream, [5_000]);
      const reader = run.readable.getReader();
      await reader.read();
      firsts.push(performance.now() - began);
      while (!(await reader.read()).done);
      rates.push(5_000_000 / (performance.now() - began));
      await run.returnValue;
    }
    console.log(`\nW7: 5,000 chunks of 100 bytes: ${list(rates)} a second`);
    console.log(`  start() to the first chunk ${list(firsts)} ms`);
  });
}

/** What waits costs storage, and next to nothing besides (P9). */
async function parked() {
  await withApp(async ({ workflows, world }) => {
    const [bytes, heap] = [await usedMemory(), usedHeap()];
    await Promise.all(Array.from({ length: PARKED }, () => start(workflows.asleep, [])));
    while (!(await areParked(world))) await pause(50);
    await pause(1_000);
    const perRun = ((await usedMemory()) - bytes) / PARKED;
    console.log(`\nW8: a parked run: ${perRun.toFixed(0)} bytes in Redis`);
    console.log(`  in the process ${((usedHeap() - heap) / PARKED).toFixed(0)} bytes of heap`);
    const before = await commandCount();
    await pause(IDLE_SECONDS * 1_000);
    // The two that ask for the count are none of its own.
    const idle = ((await commandCount()) - before - 1) / IDLE_SECONDS;
    const verdict = idle < 1 ? "within the bar" : "OVER THE BAR";
    console.log(
      `  with 1,000 of them a process sends ${idle.toFixed(2)} commands a second, bar 1: ${verdict}`,
    );
  });
}

async function areParked(world) {
  const { data } = await world.runs.list({ status: "running", limit: 1_000 });
  return data.length === PARKED && data.every(({ dueAt }) => dueAt !== null);
}

/** A process that has 20 runs is killed, and one that has nothing to do goes on with them. */
async function killed() {
  const [first, all, repeated] = [[], [], []];
  for (let sample = 0; sample < Math.min(SAMPLES, 3); sample++) {
    await withApp(
      async ({ workflows, prefix }) => {
        const other = await startWorker(prefix, { waits: true });
        const one = await startWorker(prefix);
        const runs = await Promise.all(
          Array.from({ length: 20 }, () => start(workflows.slow, [5, 200])),
        );
        await pause(200);
        await other.begin();
        const at = Date.now();
        one.kill();
        const done = (await Promise.all(runs.map((run) => run.returnValue))).flat();
        const taken = done.filter(({ worker }) => worker === other.pid);
        first.push(Math.min(...taken.map(({ began }) => began)) - at);
        all.push(Math.max(...done.map(({ ended }) => ended)) - at);
        const attempts = await Promise.all(runs.map(countAttempts));
        repeated.push(attempts.reduce((sum, count) => sum + count, 0) - done.length);
        await other.stop();
      },
      { worker: false },
    );
  }
  console.log(`\nW9: after a SIGKILL the first body begins elsewhere within ${list(first)} ms`);
  console.log(`  all is done within ${list(all)} ms; bodies repeated of 100: ${list(repeated)}`);
}

async function countAttempts(run) {
  let count = 0;
  for await (const { event } of run.events()) if (event.type === "step_started") count++;
  return count;
}

async function commands() {
  await withApp(async ({ workflows }) => {
    const counts = [];
    for (let sample = 0; sample < SAMPLES; sample++) {
      const before = await commandCount();
      await runOf(workflows.sequence, STEPS);
      counts.push(((await commandCount()) - before - 1) / STEPS);
    }
    console.log(`\nCommands of a sequential step, those of its script included: ${list(counts)}`);
  });
}

async function memory() {
  await withApp(async ({ workflows }) => {
    const before = await usedMemory();
    await runOf(workflows.sequence, 5_000);
    const perStep = ((await usedMemory()) - before) / 5_000;
    const middle = await usedMemory();
    await Promise.all(Array.from({ length: 500 }, () => runOf(workflows.sequence, 0)));
    const perRun = ((await usedMemory()) - middle) / 500;
    console.log(`\nIn Redis: a finished step ${perStep.toFixed(0)} bytes`);
    console.log(`  a finished run without steps ${perRun.toFixed(0)} bytes`);
  });
}

/** Resolves when it is ready; one that `waits` begins later. */
async function startWorker(prefix, { waits = false } = {}) {
  const folder = path.dirname(fileURLToPath(import.meta.url));
  const given = JSON.stringify({ url, prefix, waits });
  const child = fork(path.join(folder, "redis-worker.mjs"), [given], { stdio: "inherit" });
  process.once("exit", () => child.kill("SIGKILL"));
  const said = () => new Promise((resolve) => child.once("message", resolve));
  await said();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    pid: child.pid,
    begin() {
      child.send("begin");
      return said();
    },
    kill: () => child.kill("SIGKILL"),
    async stop() {
      child.send("stop");
      await ended;
    },
  };
}

async function usedMemory() {
  return Number((await info(client, "memory")).used_memory);
}

async function commandCount() {
  return Number((await info(client, "stats")).total_commands_processed);
}

/** Without what nobody needs any more. */
function usedHeap() {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function timed(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function percentiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return list([0.1, 0.5, 0.9].map((part) => sorted[Math.floor(sorted.length * part)]));
}

function list(values) {
  return values.map((value) => value.toFixed(value < 1 ? 3 : 1)).join(", ");
}

// Tests a second with the kit for tests: a workflow with 30 days of sleeps and 50 steps, each with a
// world of its own, and all in one.
import { rmSync } from "node:fs";
import { compileApp, load } from "./open-app.mjs";
import { printVersions } from "./report.mjs";

const { createTestWorld } = load("lib/testing.js");
const { start } = load("lib/api.js");

const SAMPLES = Number(process.env.SAMPLES ?? 7);
const TESTS = 40;
const DAYS = 30;
const STEPS = 50;
const SOURCE = `
import { sleep } from "everstep";
export async function work(n) { "use step"; return { ok: true, n }; }
export async function month(days, steps) {
  "use workflow";
  let done = 0;
  for (let day = 1; day <= days; day++) {
    await sleep("1 day");
    for (; done < Math.floor((day * steps) / days); done++) await work(done);
  }
  return done;
}`;

printVersions();
const {
  root,
  exports: { month },
} = compileApp(SOURCE);
const fresh = [];
const shared = [];
await withFreshWorlds();
for (let sample = 0; sample < SAMPLES; sample++) {
  fresh.push(await rateOf(withFreshWorlds));
  shared.push(await rateOf(withOneWorld));
}
print("each with a world of its own", fresh);
print("all in one world", shared);
rmSync(root, { recursive: true, force: true });

async function oneTest() {
  const run = await start(month, [DAYS, STEPS]);
  const done = await run.returnValue;
  if (done !== STEPS) throw new Error(`${done} steps were done`);
}

async function withFreshWorlds() {
  for (let test = 0; test < TESTS; test++) {
    const world = createTestWorld({ root });
    await oneTest();
    await world.close();
  }
}

async function withOneWorld() {
  const world = createTestWorld({ root });
  for (let test = 0; test < TESTS; test++) await oneTest();
  await world.close();
}

async function rateOf(tests) {
  const began = performance.now();
  await tests();
  return TESTS / ((performance.now() - began) / 1000);
}

function print(what, rates) {
  rates.sort((a, b) => a - b);
  const [least, middle, most] = [rates[0], rates[SAMPLES >> 1], rates.at(-1)].map(Math.round);
  console.log(`${what}: median ${middle} tests a second, spread ${least} to ${most}`);
}

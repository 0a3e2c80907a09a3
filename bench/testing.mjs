// Tests a second with the kit for tests: a workflow with 30 days of sleeps and 50 steps, each with a
// world of its own, and all in one.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { printVersions } from "./report.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const load = (file) => require(path.join(ROOT, "dist", file));
const { transformSource } = load("babel-plugin/transform.js");
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
const { root, month } = openApp();
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

function openApp() {
  const root = mkdtempSync(path.join(tmpdir(), "everstep-bench-"));
  const file = path.join(root, "workflows/bench.ts");
  mkdirSync(path.dirname(file), { recursive: true });
  mkdirSync(path.join(root, "node_modules"));
  symlinkSync(ROOT, path.join(root, "node_modules/everstep"));
  writeFileSync(path.join(root, "package.json"), '{"name":"bench"}');
  writeFileSync(file, SOURCE);
  const host = transformSource({ code: SOURCE, filename: file, mode: "host" }).code;
  const module = { exports: {} };
  const { code } = transformSync(host, { format: "cjs", loader: "ts" });
  const own = (name) => (name === "everstep" ? load("lib/index.js") : require(name));
  new Function("require", "module", "exports", code)(own, module, module.exports);
  return { root, month: module.exports.month };
}

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

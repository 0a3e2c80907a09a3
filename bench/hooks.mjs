// W6 of spec/peers on the embedded world: from `resumeHook` called to the run completed, beside two
// awaited transactions of the same size; and what 10,000 other open hooks cost a resume.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { load, openApp } from "./open-app.mjs";
import { printRatio, printVersions } from "./report.mjs";

const { resumeHook, start } = load("lib/api.js");

const SAMPLES = Number(process.env.SAMPLES ?? 7);
/** Runs of one sample; each is resumed once. */
const RUNS = 100;
const OTHERS = 10_000;
const SOURCE = `
import { createHook } from "everstep";
export async function answered(token) { "use workflow"; return createHook({ token }); }
export async function holds(from, count) {
  "use workflow";
  const hooks = Array.from({ length: count }, (_, n) => createHook({ token: "other:" + (from + n) }));
  return hooks[0];
}
export async function heard(token, count) {
  "use workflow";
  const hook = createHook({ token });
  for (let n = 0; n < count; n++) await hook;
}`;

let tokens = 0;
printVersions();
const app = openApp(SOURCE);
await app.runtime.start();
const { exports: workflows, world } = app;
await answerSample();
await answers();
await manyHooks();
await app.runtime.stop();
await world.close();
rmSync(app.root, { recursive: true, force: true });

/** Resolves when the hook can be resumed. */
async function isOpen(token) {
  while (!(await world.hooks.find(token))) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Milliseconds of each resume until its run was over, one run after the other. */
async function answerSample() {
  const took = [];
  for (let n = 0; n < RUNS; n++) {
    const token = `answer:${tokens++}`;
    const run = await start(workflows.answered, [token]);
    await isOpen(token);
    await settled();
    const began = performance.now();
    const over = new Promise((resolve) => {
      const stop = world.runs.listenForEnd(run.runId, () => {
        stop();
        resolve();
      });
    });
    await resumeHook(token, { ok: true, by: "Ada" });
    await over;
    took.push(performance.now() - began);
    await run.returnValue;
  }
  return took;
}

/** What the run before has left to do is none of the next one's time. */
async function settled() {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
}

async function answers() {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(median(await bareSample()));
    ours.push(median(await answerSample()));
  }
  console.log(
    `\nW6: resumeHook to the end of its run: ${list(ours)} ms; two transactions ${list(bare)}`,
  );
  printRatio("an answer beside two transactions", ours, bare, 4);
}

/** A message for a run, and an append that takes it and ends the run, in a database of its own. */
async function bareSample() {
  const { Database } = load("embedded-world/database.js");
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-bare-"));
  const database = new Database({ dataDir: folder, fsync: false });
  const now = Date.now();
  const call = "hook//answered#0:1";
  const payload = '1j{"ok":true,"by":"Ada"}';
  const send = async (n) =>
    database.transaction(() => {
      const body = JSON.stringify({ type: "payload", call, payload });
      database.sql("INSERT INTO inbox VALUES (1, ?, ?)").run(n, body);
      database.sql("UPDATE runs SET messages = ?, due_at = ? WHERE number = 1").run(n, now);
    });
  const append = async (n) =>
    database.transaction(() => {
      const events = [
        { type: "hook_received", at: now, call, payload },
        { type: "run_completed", at: now, output: payload },
      ];
      database.sql("DELETE FROM inbox WHERE run = 1 AND number = ?").run(n);
      database.sql("INSERT INTO log VALUES (1, ?, ?, ?)").run(n * 2, n, JSON.stringify(events));
      database
        .sql(
          "UPDATE runs SET position = position + 2, stamp = stamp + 2, status = 'running', ended_at = ? WHERE number = 1",
        )
        .run(now);
    });
  database.transaction(() =>
    database
      .sql(
        "INSERT INTO runs (run_id, workflow, bundle, status, created_at, position, stamp, owner) VALUES ('r','w','b','running',?,1,1,'me')",
      )
      .run(now),
  );
  const took = [];
  for (let n = 1; n <= RUNS; n++) {
    await settled();
    const began = performance.now();
    await send(n);
    await append(n);
    took.push(performance.now() - began);
  }
  database.close();
  rmSync(folder, { recursive: true, force: true });
  return took;
}

/** The same run is resumed again and again: with nothing beside it, and with the others open. */
async function manyHooks() {
  const [alone, among] = [[], []];
  const token = "heard";
  const count = 2 * (SAMPLES + 1) * RUNS;
  const run = await start(workflows.heard, [token, count]);
  await isOpen(token);
  await resumeSample(token);
  for (let sample = 0; sample < SAMPLES; sample++) alone.push(median(await resumeSample(token)));
  for (let from = 0; from < OTHERS; from += 1000) await start(workflows.holds, [from, 1000]);
  for (let from = 0; from < OTHERS; from += 1000) await isOpen(`other:${from + 999}`);
  await resumeSample(token);
  for (let sample = 0; sample < SAMPLES; sample++) among.push(median(await resumeSample(token)));
  await run.returnValue;
  console.log(`\nA resume: ${list(alone)} ms; with 10,000 other hooks open: ${list(among)}`);
  printRatio("with 10,000 other hooks", among, alone, 1.2);
}

async function resumeSample(token) {
  const took = [];
  for (let n = 0; n < RUNS; n++) {
    await settled();
    const began = performance.now();
    await resumeHook(token, { ok: true, n });
    took.push(performance.now() - began);
  }
  return took;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function list(values) {
  return values.map((value) => value.toFixed(value < 1 ? 3 : 1)).join(", ");
}

// W1 to W5 of spec/peers on the embedded world, beside awaited SQLite transactions of the same size.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { load, openApp } from "./open-app.mjs";
import { printRatio, printVersions } from "./report.mjs";

const { createEmbeddedWorld } = load("embedded-world/index.js");
const { start } = load("lib/api.js");

// What realms cost, seen from outside: making one, and giving it back.
const sandbox = load("lib/replay/sandbox.js");
let realmMs = 0;
const timedRealm = (action) => {
  const began = performance.now();
  const result = action();
  realmMs += performance.now() - began;
  return result;
};
const { Sandbox } = sandbox;
sandbox.Sandbox = new Proxy(Sandbox, {
  construct: (target, args) => timedRealm(() => Reflect.construct(target, args)),
});
const { release } = Sandbox.prototype;
Sandbox.prototype.release = function () {
  return timedRealm(() => release.call(this));
};

const SAMPLES = Number(process.env.SAMPLES ?? 5);
const SOURCE = `
export const seen = [];
export async function noop(n) { "use step"; if (seen.isOn) seen.push(performance.now()); return { ok: true, n }; }
export async function sequence(count) {
  "use workflow";
  for (let n = 0; n < count; n++) await noop(n);
  return count;
}
export async function fan(count) {
  "use workflow";
  return (await Promise.all(Array.from({ length: count }, (_, n) => noop(n)))).length;
}`;

printVersions();
const app = openApp(SOURCE);
await app.runtime.start();
const { exports: workflows, world } = app;
await runOf(workflows.sequence, 200);
await sequential();
await lateAgainstEarly();
await fanOut(100);
await fanOut(1000);
await manyRuns();
await startToBody();
await bytes();
await afterManyRuns();
await app.runtime.stop();
await world.close();
rmSync(app.root, { recursive: true, force: true });

async function runOf(workflow, ...args) {
  const run = await start(workflow, args);
  await run.returnValue;
  return run;
}

/** The log row and the update of the run that a step is, in a database of its own. */
async function bareTransactions(count) {
  const { Database } = load("embedded-world/database.js");
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-bare-"));
  const database = new Database({ dataDir: folder, fsync: false });
  const now = Date.now();
  database.transaction(() =>
    database
      .sql(
        "INSERT INTO runs (run_id, workflow, bundle, status, created_at, position, stamp, owner) VALUES ('r','w','b','running',?,1,1,'me')",
      )
      .run(now),
  );
  const call = "step//./workflows/bench//noop:";
  const append = async (n) =>
    database.transaction(() => {
      database
        .sql(
          "UPDATE runs SET position = position + 3, stamp = stamp + 3, last_append = ?, last_stamp = stamp + 1, claims = 0 WHERE run_id = ? AND position = ?",
        )
        .run(`1.${n}`, "r", 1 + 3 * n);
      const events = [
        { type: "step_completed", at: now, call: call + n, output: '1j{"ok":true,"n":1}' },
        { type: "step_created", at: now, call: call + n, input: "1j[1]" },
        { type: "step_started", at: now, call: call + n, attempt: 1 },
      ];
      database.sql("INSERT INTO log VALUES (1, ?, ?, ?)").run(n * 3 + 2, n, JSON.stringify(events));
    });
  const began = performance.now();
  for (let n = 0; n < count; n++) await append(n);
  const took = performance.now() - began;
  database.close();
  rmSync(folder, { recursive: true, force: true });
  return took;
}

async function timed(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

async function sequential() {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(await bareTransactions(1000));
    ours.push(await timed(() => runOf(workflows.sequence, 1000)));
  }
  console.log(
    `\nW1: a run of 1,000 steps: ${list(ours.map((ms) => ms / 1000))} ms a step, bare transactions ${list(bare.map((ms) => ms / 1000))}`,
  );
  printRatio("a step beside a transaction", ours, bare, 2.5);
}

async function lateAgainstEarly() {
  const [early, late] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    workflows.seen.length = 0;
    workflows.seen.isOn = true;
    await runOf(workflows.sequence, 5000);
    const at = [...workflows.seen];
    early.push(at[110] - at[10]);
    late.push(at[4999] - at[4899]);
  }
  workflows.seen.isOn = false;
  console.log(
    `\nW5: 5,000 steps: steps 10 to 110 ${list(early)} ms, the last 100 ${list(late)} ms`,
  );
  printRatio("late beside early", late, early, 1.2);
}

async function fanOut(count) {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(await bareTransactions(count));
    ours.push(await timed(() => runOf(workflows.fan, count)));
  }
  console.log(`\nW2: ${count} steps at once: ${list(ours)} ms`);
  printRatio(`${count} at once beside as many transactions`, ours, bare, 2.5);
}

async function manyRuns() {
  const rates = [];
  const shares = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    let left = 500;
    realmMs = 0;
    const worker = async () => {
      while (left-- > 0) await runOf(workflows.sequence, 3);
    };
    const took = await timed(() => Promise.all(Array.from({ length: 50 }, worker)));
    rates.push(500 / (took / 1000));
    shares.push((realmMs / took) * 100);
  }
  console.log(`\nW3: 500 runs of 3 steps, 50 in flight: ${list(rates)} runs a second`);
  console.log(`  of that making realms and giving them back: ${list(shares)} percent`);
}

async function startToBody() {
  const took = [];
  for (let sample = 0; sample < 50; sample++) {
    workflows.seen.length = 0;
    workflows.seen.isOn = true;
    const began = performance.now();
    const run = await start(workflows.sequence, [1]);
    await run.returnValue;
    took.push(workflows.seen[0] - began);
  }
  workflows.seen.isOn = false;
  console.log(
    `\nW4: start to first body: ${list([...took].sort((a, b) => a - b).filter((_, i) => [5, 25, 45].includes(i)))} ms (10th, 50th, 90th percentile)`,
  );
}

/** J5: runs that are over are in nobody's way. */
async function afterManyRuns() {
  const few = [];
  const many = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    few.push(await timed(() => runOf(workflows.sequence, 500)));
  }
  const { database } = world.runs;
  database.transaction(() => {
    const columns = "workflow, bundle, status, created_at, started_at, ended_at, position, stamp";
    database
      .sql(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
        INSERT INTO runs (run_id, ${columns}) SELECT 'wrun_old_' || i, ${columns} FROM n,
          (SELECT * FROM runs WHERE status = 'completed' LIMIT 1)`,
      )
      .run();
  });
  for (let sample = 0; sample < SAMPLES; sample++) {
    many.push(await timed(() => runOf(workflows.sequence, 500)));
  }
  console.log(`\nJ5: 500 steps: ${list(few)} ms; with 50,000 finished runs ${list(many)} ms`);
  const began = performance.now();
  const second = createEmbeddedWorld({ dataDir: path.join(app.root, "data") });
  await second.start();
  console.log(`  opening a world with them: ${list([performance.now() - began])} ms`);
  await second.close();
}

async function bytes() {
  const size = () => {
    const read = (name) => Number(world.runs.database.sql(`PRAGMA ${name}`).get()[name]);
    return (read("page_count") - read("freelist_count")) * read("page_size");
  };
  const before = size();
  await Promise.all(Array.from({ length: 200 }, () => runOf(workflows.sequence, 0)));
  const runs = (size() - before) / 200;
  const middle = size();
  await runOf(workflows.sequence, 5000);
  console.log(
    `\nOn disk: ${runs.toFixed(0)} bytes a run without steps, ${((size() - middle) / 5000).toFixed(0)} a step`,
  );
}

function list(values) {
  return values.map((value) => value.toFixed(value < 1 ? 3 : 1)).join(", ");
}

// Chunks from a step to a reader on the embedded world, beside rows appended to a database of the same
// kind one transaction each; and the first chunk of a stream, beside one such append and its read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { load, openApp } from "./open-app.mjs";
import { printRatio, printVersions } from "./report.mjs";

const { start, resumeHook } = load("lib/api.js");

const SAMPLES = Number(process.env.SAMPLES ?? 7);
const CHUNKS = 20_000;
const FIRSTS = 100;
const SOURCE = `
import { createHook, getWritable } from "everstep";
async function write(count) {
  "use step";
  const writer = getWritable().getWriter();
  for (let n = 0; n < count; n++) await writer.write({ n, text: "a token or two" });
  writer.releaseLock();
}
async function writeOne() {
  "use step";
  const writer = getWritable().getWriter();
  await writer.write(performance.now());
  // As one does that has more to say: its end is none of the chunk's time.
  await new Promise((resolve) => setTimeout(resolve, 2));
  writer.releaseLock();
}
export async function bulk(count) { "use workflow"; await write(count); }
export async function single(token, count) {
  "use workflow";
  const hook = createHook({ token });
  for (let n = 0; n < count; n++) { await hook; await writeOne(); }
}`;

printVersions();
const app = openApp(SOURCE);
await app.runtime.start();
const { exports: workflows, world } = app;
await bulkSample();
await bulk();
await first();
await app.runtime.stop();
await world.close();
rmSync(app.root, { recursive: true, force: true });

/** Milliseconds from the first chunk that a reader gets to the last, who is there from the start. */
async function bulkSample() {
  const run = await start(workflows.bulk, [CHUNKS]);
  const reader = run.readable.getReader();
  await reader.read();
  const began = performance.now();
  let count = 1;
  while (!(await reader.read()).done) count++;
  const took = performance.now() - began;
  if (count !== CHUNKS) throw new Error(`${count} chunks came`);
  await run.returnValue;
  return took;
}

function bareDatabase() {
  const { Database } = load("embedded-world/database.js");
  const folder = mkdtempSync(path.join(tmpdir(), "everstep-bare-"));
  const database = new Database({ dataDir: folder, fsync: false });
  const close = () => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const append = async (n) =>
    database.transaction(() => {
      const data = `1 step_01JDKQZ6M1W3RDFZ7T9K1T2C3V ${n} 1p{"n":${n},"text":"a token or two"}`;
      database.sql("INSERT INTO chunks VALUES (1, ?, ?, ?)").run(n, n, data);
    });
  const read = async (n) => database.sql("SELECT data FROM chunks WHERE number = ?").get(n);
  return { append, read, close };
}

async function bareSample() {
  const { append, close } = bareDatabase();
  const began = performance.now();
  for (let n = 0; n < CHUNKS; n++) await append(n);
  const took = performance.now() - began;
  close();
  return took;
}

async function bulk() {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(await bareSample());
    ours.push(await bulkSample());
  }
  const rate = (times) => times.map((ms) => Math.round((CHUNKS / ms) * 1000)).join(", ");
  console.log(`\nChunks a second from step to reader: ${rate(ours)}; bare appends: ${rate(bare)}`);
  printRatio("the time of a chunk beside a bare append", ours, bare, 3);
}

/** Microseconds from a write in a step to the reader, who waits for it. */
async function first() {
  const [ours, bare] = [[], []];
  for (let sample = 0; sample < SAMPLES; sample++) {
    bare.push(median(await bareTrips()));
    ours.push(median(await firstChunks(`first:${sample}`)));
  }
  const list = (values) => values.map((value) => (value * 1000).toFixed(0)).join(", ");
  console.log(`\nWritten until read: ${list(ours)} us; an append and its read: ${list(bare)}`);
  printRatio("a chunk that somebody waits for, in round trips", ours, bare, 3);
}

async function firstChunks(token) {
  const run = await start(workflows.single, [token, FIRSTS]);
  while (!(await world.hooks.find(token))) await new Promise((resolve) => setTimeout(resolve, 1));
  const reader = run.readable.getReader();
  const took = [];
  for (let n = 0; n < FIRSTS; n++) {
    const next = reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    await resumeHook(token, n);
    const { value } = await next;
    took.push(performance.now() - value);
  }
  await run.returnValue;
  return took;
}

async function bareTrips() {
  const { append, read, close } = bareDatabase();
  const took = [];
  for (let n = 0; n < FIRSTS; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    const began = performance.now();
    await append(n);
    await read(n);
    took.push(performance.now() - began);
  }
  close();
  return took;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** The workflows that are killed, and what must come of each. */

export interface CrashCase {
  /** The workflow; it is called with the id of its run. */
  name: string;
  /** How it must end, whatever happens in between. */
  ends: "completed" | "cancelled";
  /** What it returns. */
  gives?: unknown;
  /** A payload that comes from the process itself, or from another one. */
  resumedBy?: "itself" | "another";
  /** How many runs there must be in the end: one, unless it starts others. */
  runs?: number;
}

export const CRASH_SOURCE = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata, FatalError } from "everstep";
import { start } from "everstep/api";

async function body(label, options) {
  return globalThis.crash.body(label, getStepMetadata(), getWorkflowMetadata(), options);
}
export async function work(label, ms) { "use step"; return body(label, { ms }); }
export async function flaky(label) { "use step"; return body(label, { throwsOnce: true }); }
flaky.backoff = 30;
export async function ship() { "use step"; await body("ship"); throw new FatalError("no ship"); }
export async function startsAnother(id) {
  "use step";
  await body("start");
  return (await start(sequence, [id])).runId.length;
}
export async function dies() { "use step"; return body("dies", { dies: true }); }

export async function sequence() {
  "use workflow";
  const out = [];
  for (const label of ["a", "b", "c", "d"]) out.push(await work(label));
  return out.join("");
}
export async function fan() {
  "use workflow";
  return (await Promise.all(["a", "b", "c", "d", "e", "f"].map((label) => work(label)))).join("");
}
export async function raceWon() {
  "use workflow";
  const first = await Promise.race([work("step"), sleep("1 hour").then(() => "timer")]);
  return first + (await work("after"));
}
export async function raceLost() {
  "use workflow";
  const first = await Promise.race([work("step", 60_000), sleep(40).then(() => "timer")]);
  return first + (await work("after"));
}
export async function retried() {
  "use workflow";
  return (await flaky("flaky")) + (await work("after"));
}
export async function longSleep() {
  "use workflow";
  const before = await work("before");
  await sleep(700);
  return before + (await work("after"));
}
export async function naps() {
  "use workflow";
  await sleep(30);
  await sleep(30);
  return work("awake");
}
export async function saga() {
  "use workflow";
  const undo = [];
  try {
    await work("reserve");
    undo.push("free");
    await work("pay");
    undo.push("refund");
    await ship();
    return "shipped";
  } catch (error) {
    const done = [];
    for (const label of undo.reverse()) done.push(await work(label));
    return error.message + ": " + done.join(" ");
  }
}
export async function cancelled() {
  "use workflow";
  await work("first");
  await work("cancel me", 60_000);
  return "never";
}
export async function hooked(id) {
  "use workflow";
  const hook = createHook({ token: "token:" + id });
  const before = await work("before");
  return [before, await hook, await work("after")].join();
}
export async function parent(id) {
  "use workflow";
  return (await startsAnother(id)) + (await work("after"));
}
export async function slow(label) {
  "use workflow";
  const out = [];
  for (let n = 0; n < 5; n++) out.push(await work(label + n, 100));
  return out.join();
}
export async function single(label, ms) { "use workflow"; return work(label, ms); }
export async function poison() {
  "use workflow";
  try { return await dies(); } catch (error) { return error.cause.code; }
}
`;

export const CRASH_CASES: readonly CrashCase[] = [
  { name: "sequence", ends: "completed", gives: "abcd" },
  { name: "fan", ends: "completed", gives: "abcdef" },
  { name: "raceWon", ends: "completed", gives: "stepafter" },
  { name: "raceLost", ends: "completed", gives: "timerafter" },
  { name: "retried", ends: "completed", gives: "flakyafter" },
  { name: "longSleep", ends: "completed", gives: "beforeafter" },
  { name: "naps", ends: "completed", gives: "awake" },
  { name: "saga", ends: "completed", gives: "no ship: refund free" },
  { name: "cancelled", ends: "cancelled" },
  { name: "hooked", ends: "completed", gives: "before,payload,after", resumedBy: "another" },
  { name: "hooked", ends: "completed", gives: "before,payload,after", resumedBy: "itself" },
  { name: "parent", ends: "completed", gives: "31after", runs: 2 },
];

/** The workflows that are killed; what must come of each is in crash-cases.ts. */

const STEPS = `
async function body(label, options) {
  return globalThis.crash.body(label, getStepMetadata(), getWorkflowMetadata(), options);
}
export async function work(label, ms) { "use step"; return body(label, { ms }); }
export async function flaky(label) { "use step"; return body(label, { throwsOnce: true }); }
flaky.backoff = 30;
export async function ship() { "use step"; await body("ship"); throw new FatalError("no ship"); }
export async function dies() { "use step"; return body("dies", { dies: true }); }
export async function breaks() {
  "use step";
  const label = await body("main");
  if (!globalThis.crash.isMended(getWorkflowMetadata())) throw new FatalError("broken");
  return label;
}
export async function stamp(label) { "use step"; return (await body(label)) + VERSION; }

async function begin(workflow, ...args) {
  await body("start");
  return start(workflow, args);
}
export async function startsAnother(id) {
  "use step";
  return (await begin(sequence, id)).runId.length;
}
export async function startsSequence() { "use step"; return begin(sequence); }
export async function startsNarrow(label) { "use step"; return begin(narrow, label); }
export async function startsCancelled() { "use step"; return begin(cancelled); }
export async function startsSleeper() { "use step"; return begin(sleeper); }
export async function startsTurn(token, asks) { "use step"; return begin(takesTurn, token, asks); }
export async function runOf(id) { "use step"; await body("find"); return getRun(id); }
`;

const STEPS_AND_SLEEPS = `
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
export async function versioned() {
  "use workflow";
  const out = VERSION === 1 ? [] : [await stamp("new")];
  out.push(await stamp("a"));
  await sleep(30);
  out.push(...(await Promise.all([stamp("b"), stamp("c")])));
  out.push(await stamp("d"));
  return [...out, "code" + VERSION].join(" ");
}
`;

const HOOKS = `
export async function hooked(id) {
  "use workflow";
  const hook = createHook({ token: "token:" + id });
  const before = await work("before");
  return [before, await hook, await work("after")].join();
}
export async function raceLoop(id) {
  "use workflow";
  const hook = createHook({ token: "token:" + id });
  const heard = [];
  while (heard.length < 4) {
    const limit = sleep(40);
    const first = await Promise.race([hook, limit.then(() => "late")]);
    limit.cancel();
    const label = await work(first);
    if (first !== "late") heard.push(label);
  }
  return heard.join("");
}
export async function bursts(id) {
  "use workflow";
  const heard = [];
  for await (const payload of createHook({ token: "token:" + id })) {
    heard.push(await work(payload));
    if (heard.length === 6) break;
  }
  return heard.join("");
}
export async function takesTurn(token, asks) {
  "use workflow";
  for (;;) {
    const hook = createHook({ token });
    let owner = asks ? (await hook.getConflict())?.runId : undefined;
    try {
      if (owner === undefined) return (await hook) + (await work("after"));
    } catch (error) {
      owner = error.conflictingRunId;
    }
    await (await runOf(owner)).returnValue;
  }
}
export async function handOver(id, asks) {
  "use workflow";
  const runs = [await startsTurn("token:" + id, asks), await startsTurn("token:" + id, asks)];
  return (await Promise.all(runs.map((run) => run.returnValue))).sort().join(" ");
}
export async function mended(id) {
  "use workflow";
  const hook = createHook({ token: "token:" + id });
  const before = await work("before");
  const main = await breaks();
  return [before, main, await hook, await work("after")].join();
}
`;

const CHILDREN = `
export async function parent(id) {
  "use workflow";
  return (await startsAnother(id)) + (await work("after"));
}
export async function sleeper() { "use workflow"; await work("asleep"); await sleep("1 hour"); }
export async function narrow(label) { "use workflow"; return work(label); }
narrow.concurrency = 1;
export async function crowd() {
  "use workflow";
  const runs = [];
  for (const label of ["a", "b", "c"]) runs.push(await startsNarrow(label));
  const out = await Promise.all(runs.map((run) => run.returnValue));
  return out.join("") + (await work("after"));
}
export async function waitsForChild() {
  "use workflow";
  const run = await startsSequence();
  return (await run.returnValue) + (await work("after"));
}
export async function waitsForCancelled() {
  "use workflow";
  const run = await startsCancelled();
  const end = await run.returnValue.catch((error) => error.name);
  return [end, await work("after")].join();
}
export async function cancelledParent() {
  "use workflow";
  const run = await startsSleeper();
  await Promise.all([run.returnValue, work("cancel me", 60_000)]);
}
`;

const IMPORTS = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata, FatalError } from "everstep";
import { start, getRun } from "everstep/api";
`;

/** The app as it was deployed for the first time, and for the second. */
export function crashSource(version: 1 | 2): string {
  const stamped = `const VERSION = ${version};`;
  return [IMPORTS, stamped, STEPS, STEPS_AND_SLEEPS, HOOKS, CHILDREN].join("\n");
}

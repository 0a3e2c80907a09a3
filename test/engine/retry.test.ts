/** Failed runs that are told to go on: from the failed step, with all that was done before. */
import {
  getRun,
  resumeHook,
  type Run,
  type RunLogEntry,
  start,
  type WorkflowReference,
} from "../../lib/api";
import { describeOnEachWorld } from "./each-world";
import { startOf, until } from "./test-app";

const SOURCE = `
import { sleep, createHook, FatalError, getStepMetadata } from "everstep";
import { start } from "everstep/api";

const world = globalThis.retryWorld;
export async function work(label) {
  "use step";
  const { stepId, attempt } = getStepMetadata();
  world.ran.push(label);
  world.stepIds.push([label, stepId]);
  if (world.broken.has(label)) throw new FatalError(label + " is broken");
  return label;
}
export async function flaky(label) { "use step"; world.ran.push(label); if (world.broken.has(label)) throw new Error(label + " is broken"); return label; }
flaky.maxRetries = 1;
flaky.backoff = 1;
export async function slow(label) {
  "use step";
  world.ran.push(label);
  await world.gate(label);
  return label;
}

export async function sequence() {
  "use workflow";
  const out = [];
  for (const label of ["a", "b", "c"]) out.push(await work(label));
  return out.join("");
}
export async function retriesItself() { "use workflow"; return (await flaky("x")) + (await work("y")); }
export async function cleansUp() {
  "use workflow";
  const before = await work("before");
  try { return before + (await work("main")); }
  catch (error) { await work("cleanup"); throw error; }
}
export async function parallel() {
  "use workflow";
  const other = slow("slow");
  const main = await work("main");
  return main + (await other);
}
export async function allSettled() {
  "use workflow";
  const results = await Promise.allSettled(["p", "q", "r"].map((label) => work(label)));
  const failed = results.filter(({ status }) => status === "rejected");
  if (failed.length > 0) throw new Error(failed.length + " of 3 failed");
  return results.map(({ value }) => value).join("");
}
export async function caughtBefore() {
  "use workflow";
  const first = await work("optional").catch(() => "none");
  const second = await work("main");
  return first + second;
}
export async function hooked() {
  "use workflow";
  const hook = createHook({ token: "retry hook" });
  const generated = createHook();
  const first = await hook;
  await work("main");
  const second = await hook;
  return [first, second, generated.token.startsWith("hook_")];
}
export async function disposes() {
  "use workflow";
  const hook = createHook({ token: "disposed hook" });
  try { await work("main"); } catch (error) { hook.dispose(); await work("cleanup"); throw error; }
  return hook;
}
export async function sleeps() {
  "use workflow";
  const nap = sleep("1 hour");
  try { await work("main"); } catch (error) { nap.cancel(); throw error; }
  await nap;
  return "slept";
}
export async function later() {
  "use workflow";
  await slow("slow");
  await work("main");
  return createHook({ token: "later hook" });
}
export async function bug() { "use workflow"; await work("a"); throw new TypeError("a bug"); }
export async function draws() {
  "use workflow";
  const first = Math.random();
  const when = Date.now();
  await work("main");
  return [first, when];
}
export async function late() { "use workflow"; await work("main"); return "in time after all"; }
export async function once() { "use step"; world.ran.push("once"); if (world.broken.has("once")) throw new Error("once"); return "once"; }
once.maxRetries = 0;
export async function atMostOnce() { "use workflow"; return once(); }
export async function holds() { "use workflow"; await createHook({ token: "retry hook" }); }
`;

interface RetryWorld {
  ran: string[];
  stepIds: [string, string][];
  broken: Set<string>;
  gate: (label: string) => Promise<void>;
}

const world: RetryWorld = { ran: [], stepIds: [], broken: new Set(), gate: async () => undefined };

(globalThis as { retryWorld?: RetryWorld }).retryWorld = world;

const here = describeOnEachWorld(SOURCE, [retries, whatStays, whatIsUndone, edges]);

const startBy = (name: string, options: object = {}): Promise<Run> =>
  start(here.app.exports[name] as unknown as WorkflowReference, [], {
    world: here.app.world,
    ...options,
  });

async function logOf(run: Run): Promise<RunLogEntry[]> {
  const log: RunLogEntry[] = [];
  for await (const entry of run.events()) log.push(entry);
  return log;
}

/** Starts a run that fails, and puts right what made it fail. */
async function failing(name: string, ...broken: string[]): Promise<Run> {
  for (const label of broken) world.broken.add(label);
  const run = await startOf(here.app, name);
  await expect(run.returnValue).rejects.toMatchObject({ name: "WorkflowRunFailedError" });
  world.broken.clear();
  world.ran = [];
  return run;
}

function retries(): void {
  beforeEach(() => {
    world.ran = [];
    world.stepIds = [];
    world.broken = new Set();
  });

  test("a failed run goes on from its failed step; what was done is not done again (P3)", async () => {
    const run = await failing("sequence", "b");
    const retried = await run.retry();
    expect(retried.runId).toBe(run.runId);
    expect(await run.returnValue).toBe("abc");
    expect(world.ran).toEqual(["b", "c"]);
    expect(await run.status).toBe("completed");
  });

  test("the step has the id it had, so that idempotency keys hold", async () => {
    const run = await failing("sequence", "b");
    await run.retry();
    await run.returnValue;
    const ids = world.stepIds.filter(([label]) => label === "b").map(([, id]) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test("the step has all its attempts again, and the run may fail and be retried again", async () => {
    const run = await failing("retriesItself", "x");
    world.broken.add("x");
    await run.retry();
    await expect(run.returnValue).rejects.toThrow("x is broken");
    expect(world.ran).toEqual(["x", "x"]);
    world.broken.clear();
    await run.retry();
    expect(await run.returnValue).toBe("xy");
  });

  test("what the code did about the failure is undone: it takes the other path now", async () => {
    const run = await failing("cleansUp", "main");
    await run.retry();
    expect(await run.returnValue).toBe("beforemain");
    expect(world.ran).toEqual(["main"]);
  });

  test("a step that was under way when the run failed runs again, one that was done does not", async () => {
    let open = () => {};
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    world.gate = () => isOpen;
    const run = await failing("parallel", "main");
    open();
    await run.retry();
    expect(await run.returnValue).toBe("mainslow");
    expect(world.ran.sort()).toEqual(["main", "slow"]);
    world.gate = async () => undefined;
  });
}

function whatStays(): void {
  test("all the steps that failed together are tried again", async () => {
    const run = await failing("allSettled", "p", "r");
    await run.retry();
    expect(await run.returnValue).toBe("pqr");
    expect(world.ran.sort()).toEqual(["p", "r"]);
  });

  test("a failure that the code had dealt with stays as it was", async () => {
    const run = await failing("caughtBefore", "optional", "main");
    await run.retry();
    expect(await run.returnValue).toBe("nonemain");
    expect(world.ran).toEqual(["main"]);
  });

  test("W4: hooks are open again, with their tokens, and payloads that were there stay", async () => {
    world.broken.add("main");
    const run = await startOf(here.app, "hooked");
    await until(async () => (await here.app.world.hooks.find("retry hook")) !== null);
    await resumeHook("retry hook", 1, { world: here.app.world });
    await expect(run.returnValue).rejects.toThrow("main is broken");
    await expect(resumeHook("retry hook", 2, { world: here.app.world })).rejects.toMatchObject({
      name: "HookNotFoundError",
    });
    world.broken.clear();
    await run.retry();
    await resumeHook("retry hook", 2, { world: here.app.world });
    expect(await run.returnValue).toEqual([1, 2, true]);
  });

  test("P1: a payload that the run had not taken when it failed is still there", async () => {
    let open = () => {};
    const isOpen = new Promise<void>((resolve) => (open = resolve));
    world.gate = () => isOpen;
    world.broken.add("main");
    const run = await startOf(here.app, "later");
    const options = { runId: run.runId, id: "event 1", world: here.app.world };
    await resumeHook("later hook", "early", options);
    open();
    await expect(run.returnValue).rejects.toThrow("main is broken");
    world.gate = async () => undefined;
    world.broken.clear();
    await run.retry();
    expect(await run.returnValue).toBe("early");
  });

  test("a token that another run has meanwhile is not taken from it", async () => {
    world.broken.add("main");
    const run = await startOf(here.app, "hooked");
    await until(async () => (await here.app.world.hooks.find("retry hook")) !== null);
    await resumeHook("retry hook", 1, { world: here.app.world });
    await expect(run.returnValue).rejects.toThrow("main is broken");
    const other = await startOf(here.app, "holds");
    await until(async () => (await here.app.world.hooks.find("retry hook")) !== null);
    await expect(run.retry()).rejects.toMatchObject({ name: "EntityConflictError" });
    expect(await run.status).toBe("failed");
    await resumeHook("retry hook", 3, { world: here.app.world });
    await other.returnValue;
    world.broken.clear();
    await run.retry();
    await resumeHook("retry hook", 2, { world: here.app.world });
    expect(await run.returnValue).toEqual([1, 2, true]);
  });
}

function whatIsUndone(): void {
  test("a hook that the code had disposed of because of the failure is open again", async () => {
    const run = await failing("disposes", "main");
    await run.retry();
    await until(async () => (await here.app.world.hooks.find("disposed hook")) !== null);
    await resumeHook("disposed hook", "late", { world: here.app.world });
    expect(await run.returnValue).toBe("late");
  });

  test("a sleep that the code had cancelled because of the failure goes on", async () => {
    const run = await failing("sleeps", "main");
    await run.retry();
    await until(async () => (await run.explain()).includes("sleep"));
    await run.wakeUp();
    expect(await run.returnValue).toBe("slept");
  });

  test("a bug in the workflow is healed by a retry on the latest code", async () => {
    const run = await failing("bug");
    await run.retry();
    await expect(run.returnValue).rejects.toThrow("a bug");
    await here.app.deploy(SOURCE.replace('throw new TypeError("a bug")', 'return work("b")'));
    const again = getRun(run.runId, { world: here.app.world });
    world.ran = [];
    await again.retry({ code: "latest" });
    expect(await again.returnValue).toBe("b");
    expect(world.ran).toEqual(["b"]);
  });

  test("P4: clock and chance are what they were", async () => {
    world.broken.add("main");
    const run = await startOf(here.app, "draws");
    const { createdAt } = run;
    await expect(run.returnValue).rejects.toThrow("main is broken");
    world.broken.clear();
    await run.retry();
    const [first, when] = (await run.returnValue) as number[];
    expect(first).toBeGreaterThan(0);
    const log = await logOf(run);
    const started = log.find(({ event }) => event.type === "run_started")!;
    expect(when).toBe(started.event.at);
    expect(when).toBeGreaterThanOrEqual((await createdAt).getTime());
  });

  test("a deadline that has passed does not hold any more", async () => {
    world.broken.add("main");
    const run = await startBy("late", { deadline: 1 });
    await expect(run.returnValue).rejects.toMatchObject({ name: "WorkflowRunFailedError" });
    world.broken.clear();
    await run.retry();
    expect(await run.returnValue).toBe("in time after all");
  });
}

function edges(): void {
  test("a step that may run once only runs once more when somebody asks for it", async () => {
    const run = await failing("atMostOnce", "once");
    await run.retry();
    expect(await run.returnValue).toBe("once");
    expect(world.ran).toEqual(["once"]);
  });

  test("of many who retry at once one does; the others change nothing", async () => {
    const run = await failing("sequence", "b");
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => run.retry()));
    expect(await run.returnValue).toBe("abc");
    const log = await logOf(run);
    expect(log.filter(({ event }) => event.type === "run_retried")).toHaveLength(1);
    expect(answers.some(({ status }) => status === "fulfilled")).toBe(true);
  });

  test("P5: neither a cancelled run nor one that completed is retried", async () => {
    const done = await startOf(here.app, "sequence");
    await done.returnValue;
    await expect(done.retry()).rejects.toMatchObject({ code: "RUN_OVER" });
    const cancelled = await startOf(here.app, "holds");
    await cancelled.cancel();
    await expect(cancelled.retry()).rejects.toMatchObject({ code: "RUN_OVER" });
    await expect(getRun("wrun_nobody", { world: here.app.world }).retry()).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
  });

  test("a key that another run has got meanwhile stays with that", async () => {
    world.broken.add("b");
    const run = await startBy("sequence", { key: "order 7" });
    await expect(run.returnValue).rejects.toThrow("b is broken");
    world.broken.clear();
    const other = await startBy("holds", { key: "order 7" });
    await expect(run.retry()).rejects.toMatchObject({ code: "RUN_KEY_TAKEN" });
    await other.cancel();
    await run.retry();
    expect(await run.returnValue).toBe("abc");
  });
}

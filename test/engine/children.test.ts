/** Runs that start others, wait for them, and are cancelled with them (RP-17, RP-18). */
import { getRun, resumeHook, type Run } from "../../lib/api";
import { setWorld } from "../../lib/runtime";
import { describeOnEachWorld } from "./each-world";
import { openApp, runOf, startOf, until } from "./test-app";

const SOURCE = `
import { sleep, createHook, FatalError } from "everstep";
import { start, getRun } from "everstep/api";

const log = (globalThis.childLog ??= []);
export async function add(a, b) { "use step"; return a + b; }

export async function child(n) {
  "use workflow";
  const doubled = await add(n, n);
  await sleep(5);
  if (n < 0) throw new RangeError("negative: " + n);
  return { doubled, map: new Map([[n, doubled]]) };
}
export async function startChild(n) { "use step"; return start(child, [n]); }
export async function startDetached(n) { "use step"; return start(waits, [n], { detach: true }); }

export async function awaitsResult(n) {
  "use workflow";
  const run = await startChild(n);
  const { doubled, map } = await run.returnValue;
  return [run.runId.startsWith("wrun_"), doubled, map instanceof Map, map.get(n)];
}
export async function asks(n) {
  "use workflow";
  const run = await startChild(n);
  const before = [await run.exists, await run.workflowName];
  await run.returnValue;
  return [...before, await run.status, (await run.createdAt) instanceof Date];
}
export async function many(count) {
  "use workflow";
  const runs = await Promise.all(Array.from({ length: count }, (_, n) => startChild(n)));
  const results = await Promise.all(runs.map((run) => run.returnValue));
  return results.reduce((sum, { doubled }) => sum + doubled, 0);
}
export async function catches() {
  "use workflow";
  const run = await startChild(-1);
  try { await run.returnValue; } catch (error) {
    const { name, message, cause } = error;
    return { name, message, isError: error instanceof Error, cause: cause.message, kind: cause.name, runId: run.runId };
  }
}
export async function failsWithChild() { "use workflow"; return (await startChild(-2)).returnValue; }
export async function races() {
  "use workflow";
  const run = await startChild(1);
  const first = await Promise.race([run.returnValue.then(() => "child"), sleep("1 hour").then(() => "timer")]);
  return first;
}
export async function twice() {
  "use workflow";
  const run = await startChild(3);
  const [one, other] = await Promise.all([run.returnValue, run.returnValue]);
  await sleep(5);
  const third = await run.returnValue;
  return [one.doubled, other.doubled, third.doubled];
}
export async function itself() {
  "use workflow";
  return (await thisRun()).returnValue;
}
import { getStepMetadata, getWorkflowMetadata } from "everstep";
export async function thisRun() { "use step"; return getRun(getWorkflowMetadata().workflowRunId); }

export async function waits(n) { "use workflow"; await sleep("1 day"); return n; }
export async function startWaits(n) { "use step"; return start(waits, [n]); }
export async function middle() {
  "use workflow";
  const run = await startWaits(1);
  return run.returnValue;
}
export async function startMiddle() { "use step"; return start(middle); }
export async function top() {
  "use workflow";
  const run = await startMiddle();
  await startDetached(2);
  return run.returnValue;
}
export async function cancelsChild() {
  "use workflow";
  const run = await startWaits(1);
  await run.cancel();
  try { await run.returnValue; } catch (error) { return [error.name, error.runId === run.runId]; }
}
export async function awaitInStep(id) { "use step"; return getRun(id).returnValue; }
export async function startId(n) { "use step"; return (await start(child, [n])).runId; }
export async function stepWaits(n) {
  "use workflow";
  const { doubled } = await awaitInStep(await startId(n));
  return doubled;
}
export async function failsAfterStart() {
  "use workflow";
  await startWaits(4);
  throw new Error("parent failed");
}
export async function passesOn() {
  "use workflow";
  const run = await startChild(5);
  return awaitRun(run);
}
export async function awaitRun(run) { "use step"; return (await run.returnValue).doubled; }
export async function inline(n) { "use workflow"; return (await child(n)).doubled; }
export async function flakyStart() {
  "use step";
  const run = await start(child, [7]);
  if (getStepMetadata().attempt < 3) throw new Error("not yet");
  return run;
}
flakyStart.backoff = 1;
export async function startsOnce() {
  "use workflow";
  const run = await flakyStart();
  return (await run.returnValue).doubled;
}
export async function missing() {
  "use workflow";
  const run = await unknown();
  try { await run.returnValue; } catch (error) { return error.name; }
}
export async function unknown() { "use step"; return getRun("wrun_nobody"); }
export async function waitsToGo(n) { "use workflow"; await createHook({ token: "go " + n }); return { doubled: 2 * n }; }
export async function startWaitsToGo(n) { "use step"; return start(waitsToGo, [n]); }
export async function failsAtFirst() { "use step"; if (getStepMetadata().attempt === 1) throw new FatalError("not yet"); }
export async function failsWhileItWaits() {
  "use workflow";
  const end = (await startWaitsToGo(5)).returnValue;
  await failsAtFirst();
  return (await end).doubled;
}
export async function hands(run) { "use workflow"; return (await run.returnValue).doubled; }
`;

const here = describeOnEachWorld(SOURCE, [children, endings, others]);

async function childrenOf(run: Run): Promise<string[]> {
  const { data } = await here.app.world.runs.list({ parent: run.runId, isOldestFirst: true });
  return data.map(({ runId }) => runId);
}

const statusOf = (runId: string) => getRun(runId, { world: here.app.world }).status;

function children(): void {
  test("RP-17: a workflow that is called directly runs in its caller", async () => {
    const run = await startOf(here.app, "inline", 4);
    expect(await run.returnValue).toBe(8);
    expect(await childrenOf(run)).toEqual([]);
  });

  test("RP-18: a step gives a run to its workflow, which waits for the result", async () => {
    expect(await runOf(here.app, "awaitsResult", 21)).toEqual([true, 42, true, 42]);
  });

  test("a workflow asks a run what code outside can ask it", async () => {
    const answer = await runOf(here.app, "asks", 2);
    expect(answer).toEqual([true, expect.stringContaining("//child"), "completed", true]);
  });

  test("P9: a run that waits for another is parked, with nothing to come back for", async () => {
    const run = await startOf(here.app, "top");
    await until(async () => (await run.explain()).includes("the end of run"));
    expect((await here.app.world.runs.get(run.runId))!.dueAt).toBeNull();
    await run.cancel();
  });

  test("a hundred children at once all come back", async () => {
    expect(await runOf(here.app, "many", 100)).toBe(9900);
  });

  test("a child that failed throws what callers outside are thrown", async () => {
    const caught = (await runOf(here.app, "catches")) as Record<string, unknown>;
    expect(caught).toMatchObject({
      ...{
        name: "WorkflowRunFailedError",
        isError: true,
        cause: "negative: -1",
        kind: "RangeError",
      },
      message: `Workflow run "${caught.runId as string}" failed: negative: -1`,
    });
  });

  test("a parent that does not catch it fails with it", async () => {
    await expect(runOf(here.app, "failsWithChild")).rejects.toThrow("failed: negative: -2");
  });

  test("the end of a child can be raced, and asked for more than once", async () => {
    expect(await runOf(here.app, "races")).toBe("child");
    expect(await runOf(here.app, "twice")).toEqual([6, 6, 6]);
  });
}

function endings(): void {
  test("a run that waits for itself is told", async () => {
    await expect(runOf(here.app, "itself")).rejects.toThrow("cannot wait for its own end");
  });

  test("a cancel reaches children, and theirs, and no run that was detached", async () => {
    const run = await startOf(here.app, "top");
    await until(async () => (await run.explain()).includes("the end of run"));
    const [middle, ...others] = await childrenOf(run);
    expect(others).toEqual([]);
    const inner = () => childrenOf(getRun(middle!, { world: here.app.world }));
    await until(async () => (await inner()).length === 1);
    const [bottom] = await inner();
    const detached = (
      await here.app.world.runs.list({ workflow: await nameOf("waits") })
    ).data.find(({ runId, parent }) => parent === undefined && runId !== bottom)!;
    await run.cancel();
    for (const runId of [middle!, bottom!]) {
      await until(async () => (await statusOf(runId)) === "cancelled");
    }
    expect(await statusOf(detached.runId)).not.toBe("cancelled");
  });

  async function nameOf(name: string): Promise<string> {
    return (here.app.exports[name] as unknown as { workflowId: string }).workflowId;
  }

  test("a run that is started by a step of a cancelled run does not begin", async () => {
    const parent = await startOf(here.app, "waits", 0);
    await parent.cancel();
    const late = await startOf(here.app, "child", 1);
    const { record, event } = await newRunUnder(parent.runId, late.runId);
    await late.returnValue;
    await here.app.world.runs.create({ record, event });
    await until(async () => (await statusOf(record.runId)) === "cancelled");
    const events = await here.app.world.runs.read(record.runId, 1, 10);
    expect(events.map(({ event: { type } }) => type)).toEqual(["run_created", "run_cancelled"]);
  });

  /** What `start` in a step would have stored a moment too late. */
  async function newRunUnder(parent: string, like: string) {
    const { workflow, bundle } = (await here.app.world.runs.get(like))!;
    const runId = `${like}_late`;
    const event = {
      ...({ type: "run_created", at: 0, input: "1j[1]", runId, workflow, bundle } as const),
      parent: { runId: parent, call: "step//x:1" },
    };
    return { record: { runId, workflow, bundle, parent }, event };
  }

  test("a child that its parent cancels is cancelled", async () => {
    expect(await runOf(here.app, "cancelsChild")).toEqual(["WorkflowRunCancelledError", true]);
  });
}

function others(): void {
  test("C137: a parent that fails leaves its children alone", async () => {
    const run = await startOf(here.app, "failsAfterStart");
    await expect(run.returnValue).rejects.toThrow("parent failed");
    const [child] = await childrenOf(run);
    await until(async () => (await statusOf(child!)) === "running");
  });

  test("C136: a step may wait for a run, and one may be passed to a step or a workflow", async () => {
    expect(await runOf(here.app, "stepWaits", 8)).toBe(16);
    expect(await runOf(here.app, "passesOn")).toBe(10);
    const run = await startOf(here.app, "child", 6);
    expect(await runOf(here.app, "hands", run)).toBe(12);
  });

  test("steps that wait for runs keep no slots from them", async () => {
    const small = await openApp(SOURCE, { concurrency: 2 });
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, n) => startOf(small, "stepWaits", n)),
    );
    const results = await Promise.all(runs.map((run) => run.returnValue));
    expect(results).toEqual(runs.map((_, n) => 2 * n));
    await small.stop();
    setWorld(here.app.world);
  });

  test("C3: a step that is tried again has started one run", async () => {
    const run = await startOf(here.app, "startsOnce");
    expect(await run.returnValue).toBe(14);
    expect(await childrenOf(run)).toHaveLength(1);
  });

  test("a run that is not there is an error to wait for", async () => {
    expect(await runOf(here.app, "missing")).toBe("WorkflowRunNotFoundError");
  });

  test("P2: a parent hears of a child that ended while nobody executed", async () => {
    const run = await startOf(here.app, "top");
    await until(async () => (await run.explain()).includes("the end of run"));
    const [middle] = await childrenOf(run);
    await here.app.runtime.stop();
    await getRun(middle!, { world: here.app.world }).cancel();
    await here.app.restart();
    const again = getRun(run.runId, { world: here.app.world });
    await expect(again.returnValue).rejects.toThrow(`Workflow run "${middle}" cancelled`);
  });

  test("P2: a run that is retried hears of a child that ended while it had failed", async () => {
    const { world } = here.app;
    const run = await startOf(here.app, "failsWhileItWaits");
    await expect(run.returnValue).rejects.toThrow("not yet");
    const [child] = await childrenOf(run);
    const other = await startOf(here.app, "hands", getRun(child!, { world }));
    await until(async () => (await other.explain()).includes("the end of run"));
    await until(async () => (await world.hooks.find("go 5")) !== null);
    await resumeHook("go 5", null, { world });
    // Those who wait are told one after the other, the failed run first.
    expect(await other.returnValue).toBe(10);
    await getRun(run.runId, { world }).retry();
    expect(await run.returnValue).toBe(10);
  });
}

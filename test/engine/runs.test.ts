/** The life of a run as its callers see it: RN, C391 to C422. */
import { getHookByToken, getRun, listRuns, resumeHook, type Run, start } from "../../lib/api";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata } from "everstep";
import { start } from "everstep/api";

export const seen = [];
export async function greet(name) { "use workflow"; return { hello: name }; }
export async function nothing() { "use workflow"; }
export async function fails(text) { "use workflow"; thrower(text); }
function thrower(text) { throw Object.assign(new RangeError(text), { code: "E_TEST" }); }
export async function throwsText() { "use workflow"; throw "only text"; }

export async function block(name) {
  "use step";
  const { signal } = getStepMetadata();
  seen.push("began " + name);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  seen.push("aborted " + name + " " + signal.reason.name);
}
export async function after() { "use step"; seen.push("after"); }
export async function blocked(name) {
  "use workflow";
  try { await block(name); } finally { await after(); }
}
export async function outrun(name) {
  "use workflow";
  return Promise.race([block(name).then(() => "step"), sleep(30).then(() => "sleep")]);
}
export async function naps(duration) { "use workflow"; await sleep(duration); return "awake"; }
export async function twoNaps() {
  "use workflow";
  await Promise.all([sleep("30 days", { name: "long" }), sleep("60 days", { name: "longer" })]);
  return "awake";
}
export async function listens(token) {
  "use workflow";
  const hook = createHook({ token, metadata: { for: token } });
  return [await hook, await hook];
}
export async function startsAnother() {
  "use step";
  const { attempt } = getStepMetadata();
  const run = await start(greet, ["child"]);
  if (attempt === 1) throw new Error("after the start");
  return run.runId;
}
startsAnother.backoff = 1;
export async function parent() { "use workflow"; return startsAnother(); }
export async function startsInside() { "use workflow"; await start(greet, ["x"]); }
`;

let app: TestApp;
beforeAll(async () => {
  app = await openApp(SOURCE);
});
afterAll(() => app.stop());

const startRun = (name: string, ...args: unknown[]) => startOf(app, name, ...args);
const workflow = (name: string) => app.exports[name] as unknown as { workflowId: string };
const seen = () => app.exports.seen as unknown as string[];
const failureOf = (run: Run) => run.returnValue.catch((error: unknown) => error as Error);
const isWaiting = async (run: Run) => (await run.status) === "running" && (await isIdle(run));
const isIdle = async (run: Run) => (await run.explain()).startsWith("The run waits for");

test("C391, RN-01: with and without arguments and options", async () => {
  expect(await (await start(workflow("greet"), ["Ada"])).returnValue).toEqual({ hello: "Ada" });
  expect(await (await start(workflow("nothing"))).returnValue).toBeUndefined();
  expect(await (await start(workflow("nothing"), { title: "T" })).returnValue).toBeUndefined();
});

test("C393, RN-02: by id", async () => {
  const run = await start({ workflowId: "workflow//./workflows/test//greet" }, ["id"]);
  expect(await run.returnValue).toEqual({ hello: "id" });
});

test.each([
  ["a plain function", () => 1],
  ["nothing", undefined],
  ["an object", {}],
])("C392, RN-03: start(%s) is refused", async (_name, value) => {
  await expect(start(value as never)).rejects.toThrow(
    "'start' received an invalid workflow function.",
  );
});

test("a workflow that the bundle lacks is refused, and nothing is stored", async () => {
  const before = (await listRuns()).data.length;
  await expect(start({ workflowId: "workflow//./x//y" })).rejects.toMatchObject({
    code: "WORKFLOW_NOT_IN_MANIFEST",
  });
  expect((await listRuns()).data).toHaveLength(before);
});

test("C396: the result can be read again, and by id alone", async () => {
  const run = await startRun("greet", new Map([["when", new Date(5)]]));
  const expected = { hello: new Map([["when", new Date(5)]]) };
  expect(await run.returnValue).toEqual(expected);
  expect(await run.returnValue).toEqual(expected);
  expect(await getRun(run.runId).returnValue).toEqual(expected);
});

test("C417, RN-04: the run sees arguments as they were at the call", async () => {
  const name = { first: "Ada" };
  const starting = start(workflow("greet"), [name]);
  name.first = "changed";
  expect(await (await starting).returnValue).toEqual({ hello: { first: "Ada" } });
});

test("C397, C423, RN-14: a failed run tells what was thrown, and where in the user's files", async () => {
  const run = await startRun("fails", "too far");
  const error = await failureOf(run);
  expect(error).toMatchObject({
    name: "WorkflowRunFailedError",
    message: `Workflow run "${run.runId}" failed: too far`,
    cause: { name: "RangeError", message: "too far", code: "E_TEST" },
  });
  const { stack } = (error as { cause: Error }).cause;
  expect(stack).toMatch(/at thrower \(workflows\/test\.ts:9:\d+\)/);
  expect(stack).toMatch(/at (async )?fails \(workflows\/test\.ts:8:\d+\)/);
  expect(stack).not.toContain("evalmachine");
  expect(await run.status).toBe("failed");
});

test("ER-28: what is thrown and no error fails the run with its text", async () => {
  expect((await failureOf(await startRun("throwsText"))) as Error).toMatchObject({
    message: expect.stringContaining("only text") as string,
  });
});

test("C400, RN-16: what does not exist says so when it is asked", async () => {
  const run = getRun("wrun_nobody");
  expect(await run.exists).toBe(false);
  await expect(run.status).rejects.toMatchObject({ name: "WorkflowRunNotFoundError" });
  await expect(run.returnValue).rejects.toThrow('Workflow run "wrun_nobody" not found');
  await expect(run.cancel()).rejects.toMatchObject({ name: "WorkflowRunNotFoundError" });
  expect(await (await startRun("nothing")).exists).toBe(true);
});

test("C402, RN-18: cancel is final and can be repeated; what is over otherwise cannot be cancelled", async () => {
  const run = await startRun("naps", "1 day");
  await run.cancel();
  expect(await run.status).toBe("cancelled");
  await run.cancel();
  expect(await failureOf(run)).toMatchObject({
    name: "WorkflowRunCancelledError",
    message: `Workflow run "${run.runId}" cancelled`,
  });
  const done = await startRun("nothing");
  await done.returnValue;
  await expect(done.cancel()).rejects.toThrow(
    'Cannot transition run from terminal state "completed"',
  );
  const failed = await startRun("fails", "x");
  await failureOf(failed);
  await expect(failed.cancel()).rejects.toThrow('terminal state "failed"');
});

test("C404, L1: a cancel aborts the steps that run, and nothing of the run happens afterwards", async () => {
  const run = await startRun("blocked", "L1");
  await until(() => seen().includes("began L1"));
  await run.cancel();
  await until(() => seen().includes("aborted L1 WorkflowRunCancelledError"));
  expect(await run.status).toBe("cancelled");
  expect(seen()).not.toContain("after");
});

test("A13: a step that lost a race is told when the run is over, and its result is not heard", async () => {
  const run = await startRun("outrun", "A13");
  expect(await run.returnValue).toBe("sleep");
  await until(() => seen().some((line) => line.startsWith("aborted A13")));
  expect(await run.status).toBe("completed");
});

test("C405, RN-19: of a cancel and the end at once one is true, and the log agrees", async () => {
  const ends = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const run = await startRun("greet", "x");
      await run.cancel().catch(() => undefined);
      await failureOf(run);
      let last = "";
      for await (const { event } of run.events()) last = event.type;
      return [await run.status, last];
    }),
  );
  for (const [status, last] of ends) expect(last).toBe(`run_${status}`);
});

test("C419, RN-11: the members of a run, over its life", async () => {
  const run = await startRun("naps", "30 days");
  await until(() => isWaiting(run));
  expect(await run.workflowName).toBe("workflow//./workflows/test//naps");
  expect(await run.createdAt).toBeInstanceOf(Date);
  expect(await run.startedAt).toBeInstanceOf(Date);
  expect(await run.completedAt).toBeUndefined();
  await run.wakeUp();
  expect(await run.returnValue).toBe("awake");
  expect((await run.completedAt)!.getTime()).toBeGreaterThanOrEqual(
    (await run.startedAt)!.getTime(),
  );
  expect(run.runId).toMatch(/^wrun_[0-9A-HJKMNP-TV-Z]{26}$/);
});

test("C234 to C236, SL-11: wakeUp ends all waits, or those that are named", async () => {
  const run = await startRun("twoNaps");
  await until(() => isWaiting(run));
  const named = { correlationIds: ["sleep//=long:1"] };
  expect(await run.wakeUp(named)).toEqual({ stoppedCount: 1 });
  await until(async () => !(await run.explain()).includes('"long"'));
  expect(await run.wakeUp(named)).toEqual({ stoppedCount: 0 });
  expect(await run.wakeUp()).toEqual({ stoppedCount: 1 });
  expect(await run.returnValue).toBe("awake");
});

test("C416, RN-22: a second start with the id or the key of a live run gives that run", async () => {
  const first = await start(workflow("naps"), ["1 day"], { key: "order-7", title: "Order 7" });
  const second = await start(workflow("naps"), ["2 days"], { key: "order-7" });
  expect(second.runId).toBe(first.runId);
  await expect(
    start(workflow("naps"), ["1 day"], { key: "order-7", onConflict: "throw" }),
  ).rejects.toMatchObject({ code: "RUN_KEY_TAKEN" });
  await first.cancel();
  const third = await start(workflow("naps"), ["1 day"], { key: "order-7" });
  expect(third.runId).not.toBe(first.runId);
  const ids = await Promise.all(
    Array.from({ length: 10 }, () => start(workflow("greet"), ["x"], { id: "order_8" })),
  );
  expect(new Set(ids.map(({ runId }) => runId))).toEqual(new Set(["order_8"]));
});

test("8a: title, metadata and tags are kept with the run", async () => {
  const metadata = { customer: 7n };
  const run = await start(workflow("greet"), ["x"], { title: "T", metadata, tags: { team: "n" } });
  const { data } = await listRuns({ workflowName: workflow("greet").workflowId, limit: 1 });
  expect(data).toMatchObject([{ runId: run.runId, title: "T", metadata, tags: { team: "n" } }]);
});

test.each([
  [{ id: "../etc" }],
  [{ id: "" }],
  [{ key: 5 }],
  [{ delay: "soon" }],
  [{ at: "tomorrow" }],
  [{ at: new Date(), delay: 5 }],
  [{ deadline: -1 }],
  [{ tags: { a: 1 } }],
  [{ onConflict: "ignore" }],
])("options that make no sense are refused: %j", async (options) => {
  const before = (await listRuns({ limit: 1000 })).data.length;
  await expect(start(workflow("greet"), ["x"], options as never)).rejects.toMatchObject({
    code: "START_OPTION_INVALID",
  });
  expect((await listRuns({ limit: 1000 })).data).toHaveLength(before);
});

test("a run that is to begin later says when, and begins then", async () => {
  const run = await start(workflow("greet"), ["later"], { delay: 120 });
  expect(await run.explain()).toMatch(/^The run begins at .*, in 1 s\.$/);
  expect(await run.status).toBe("pending");
  expect(await run.returnValue).toEqual({ hello: "later" });
  const [created, started] = [await run.createdAt, (await run.startedAt)!];
  expect(started.getTime() - created.getTime()).toBeGreaterThanOrEqual(120);
});

test("a run that is not over by its deadline fails with that code", async () => {
  const run = await start(workflow("naps"), ["1 day"], { deadline: 50 });
  expect(await failureOf(run)).toMatchObject({ cause: { code: "RUN_TIMED_OUT" } });
});

test("C394, RN-07: inside a workflow start is refused; inside a step it works, once for all attempts", async () => {
  expect((await failureOf(await startRun("startsInside"))) as Error).toMatchObject({
    message: expect.stringContaining(
      "The workflow environment doesn't allow this runtime usage of start.",
    ) as string,
  });
  const childId = (await runOf(app, "parent")) as string;
  expect(await getRun(childId).returnValue).toEqual({ hello: "child" });
  const { data } = await listRuns({ workflowName: workflow("greet").workflowId, limit: 1000 });
  expect(data.filter(({ runId }) => runId === childId)).toHaveLength(1);
});

test("P2: explain says in one sentence what a run waits for", async () => {
  const nap = await startRun("naps", "2 days");
  await until(() => isWaiting(nap));
  expect(await nap.explain()).toMatch(
    /^The run waits for sleep "naps#0", which ends at .*, in \d+ s\.$/,
  );
  const step = await startRun("blocked", "P2");
  await until(() => seen().includes("began P2"));
  expect(await step.explain()).toMatch(
    /^The run waits for step "block", which is running since .* \(attempt 1\)\.$/,
  );
  await step.cancel();
  expect(await step.explain()).toMatch(/^The run was cancelled at /);
  expect(await getRun("wrun_x").explain()).toBe('There is no run "wrun_x".');
});

test("lists are paged and filtered", async () => {
  const workflowName = workflow("nothing").workflowId;
  const all = await listRuns({ workflowName, limit: 1000 });
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listRuns({ workflowName, limit: 1, ...(cursor !== null && { cursor }) });
    found.push(...page.data.map(({ runId }) => runId));
    ({ cursor } = page as { cursor: string | null });
  } while (cursor !== null);
  expect(found).toEqual(all.data.map(({ runId }) => runId));
  const tagged = await start(workflow("nothing"), [], { tags: { team: "lists" } });
  expect((await listRuns({ tags: { team: "lists" } })).data).toMatchObject([
    { runId: tagged.runId, tags: { team: "lists" } },
  ]);
  const createdFrom = await tagged.createdAt;
  const since = (await listRuns({ workflowName, createdFrom })).data.map(({ runId }) => runId);
  expect(since).toContain(tagged.runId);
  const before = await listRuns({ workflowName, createdBefore: createdFrom, limit: 1000 });
  expect(before.data.map(({ runId }) => runId)).not.toContain(tagged.runId);
  expect((await listRuns({ status: "failed" })).data[0]).toMatchObject({
    status: "failed",
    error: { message: expect.any(String) as string },
  });
});

test("HK: payloads that come before they are awaited are kept in order", async () => {
  const run = await startRun("listens", "order:9");
  await until(() => isWaiting(run));
  expect(await getHookByToken("order:9")).toMatchObject({
    runId: run.runId,
    metadata: { for: "order:9" },
  });
  await Promise.all([1, 2].map((payload) => resumeHook("order:9", payload)));
  expect(await run.returnValue).toEqual([1, 2]);
  await expect(resumeHook("order:9", 3)).rejects.toMatchObject({ name: "HookNotFoundError" });
});

/** Steps as their users see them: ST, MD. */
import { start } from "../../lib/api";
import type { RunEvent } from "../../lib/contract/event";
import type { Run } from "../../lib/api";
import { openApp, runOf, type TestApp, until } from "./test-app";

const SOURCE = `
import {
  FatalError, RetryableError, getStepMetadata, getWorkflowMetadata, sleep, fetch,
} from "everstep";

export const calls = [];

export async function add(a, b) { "use step"; return a + b; }
export async function sum(count) {
  "use workflow";
  let total = 0;
  for (let n = 0; n < count; n++) total = await add(total, n);
  return total;
}
export async function fan(count) {
  "use workflow";
  return (await Promise.all(Array.from({ length: count }, (_, n) => add(n, 1)))).length;
}

export async function flaky(name, failures) {
  "use step";
  const { attempt } = getStepMetadata();
  calls.push(name);
  if (attempt <= failures) throw new TypeError(name + " failed in attempt " + attempt);
  return attempt;
}
flaky.backoff = 5;
export async function tries(name, failures) {
  "use workflow";
  try { return { attempt: await flaky(name, failures) }; }
  catch (error) {
    return {
      message: error.message, isError: error instanceof Error, isFatal: FatalError.is(error),
      stack: error.stack, cause: error.cause?.name, instance: error.cause instanceof TypeError,
    };
  }
}
export async function uncaught(name) { "use workflow"; await flaky(name, 99); }

export async function never() { "use step"; calls.push("never"); throw new Error("once is enough"); }
never.maxRetries = 0;
export async function fatal() { "use step"; calls.push("fatal"); throw new FatalError("no way"); }
export async function caughtFatal() {
  "use workflow";
  const caught = [];
  for (const step of [fatal, never]) {
    try { await step(); } catch (error) { caught.push([FatalError.is(error), error.message]); }
  }
  return caught;
}

export async function later(retryAfter) {
  "use step";
  const { attempt, stepStartedAt } = getStepMetadata();
  if (attempt === 1) throw new RetryableError("not yet", { retryAfter });
  return Date.now() - stepStartedAt;
}
export async function waits(retryAfter) { "use workflow"; return later(retryAfter); }

export async function odd(kind) {
  "use step";
  calls.push(kind);
  if (kind === "string") throw "just text";
  if (kind === "object") throw { a: 1 };
  if (kind === "undefined") throw undefined;
  if (kind === "promise") throw Promise.resolve(1);
}
odd.maxRetries = 0;
export async function throwsOdd(kind) {
  "use workflow";
  try { await odd(kind); } catch (error) { return error.message; }
}

export async function unserializable() { "use step"; calls.push("unserializable"); return () => 1; }
export async function returnsFunction() {
  "use workflow";
  try { await unserializable(); } catch (error) { return error.message; }
}
export async function passesFunction() {
  "use workflow";
  try { await add(() => 1, 2); } catch (error) { return error.message; }
}

export async function facts() {
  "use step";
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
  const { signal, ...step } = getStepMetadata();
  return { step, workflow: getWorkflowMetadata(), isAborted: signal.aborted };
}
export async function metadata(count) {
  "use workflow";
  return { own: getWorkflowMetadata(), steps: await Promise.all(Array.from({ length: count }, () => facts())) };
}
export async function outer() {
  "use step";
  const inner = await add(1, 1);
  return { inner, name: getStepMetadata().stepName };
}
export async function nested() { "use workflow"; return outer(); }

export async function slow(ms) {
  "use step";
  calls.push("slow");
  const { signal } = getStepMetadata();
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
  });
  calls.push(signal.aborted ? "aborted " + signal.reason.name : "done");
  return "late";
}
slow.timeout = "20ms";
slow.maxRetries = 1;
slow.backoff = 1;
export async function timesOut() {
  "use workflow";
  try { return await slow(60000); } catch (error) { return error.message; }
}

export let atOnce = 0;
export let most = 0;
export async function narrow() {
  "use step";
  most = Math.max(most, ++atOnce);
  await new Promise((resolve) => setTimeout(resolve, 3));
  atOnce--;
}
narrow.concurrency = 2;
export async function narrowFan() {
  "use workflow";
  await Promise.all(Array.from({ length: 9 }, () => narrow()));
  return "done";
}
export function mostAtOnce() { return most; }

export async function charge(order) {
  "use step"; calls.push("charge " + order); return order;
}
export async function refund(order) { "use step"; calls.push("refund " + order); }
export async function ship() { "use step"; throw new FatalError("no stock"); }
export async function saga() {
  "use workflow";
  const undo = [];
  try {
    for (const order of [1, 2]) { await charge(order); undo.push(() => refund(order)); }
    await ship();
  } catch (error) {
    for (const compensate of undo.reverse()) await compensate();
    return "rolled back: " + error.message;
  }
}
`;

let app: TestApp;
beforeAll(async () => {
  app = await openApp(SOURCE);
});
afterAll(() => app.stop());
beforeEach(() => void (app.exports.calls as unknown as string[]).splice(0));

const calls = () => app.exports.calls as unknown as string[];
const result = (name: string, ...args: unknown[]) => runOf(app, name, ...args);

async function eventsOf(run: Run): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const { event } of run.events()) events.push(event);
  return events;
}

test("ST-01: each step runs once, and its result is in the log", async () => {
  const run = await start(app.exports.sum as never, [5] as never);
  expect(await run.returnValue).toBe(10);
  const types = (await eventsOf(run)).map(({ type }) => type);
  expect(types.filter((type) => type === "step_completed")).toHaveLength(5);
  expect(types.slice(0, 4)).toEqual(["run_created", "run_started", "step_created", "step_started"]);
  expect(types.at(-1)).toBe("run_completed");
});

test("A16: a thousand steps at once are done in far fewer turns", async () => {
  expect(await result("fan", 1000)).toBe(1000);
});

test("C174, ST-04: a step that always throws is tried four times, and then fails with what it threw", async () => {
  const value = (await result("tries", "always", 99)) as Record<string, unknown>;
  expect(calls()).toEqual(["always", "always", "always", "always"]);
  expect(value.message).toBe(
    'Step "step//./workflows/test//flaky" failed after 3 retries: always failed in attempt 4',
  );
  expect(value).toMatchObject({ isError: true, isFatal: true, cause: "TypeError", instance: true });
  expect(value.stack).toContain("workflows/test.ts");
});

test("C213, ST-13: failures that were made up for are in the log, and the result stands", async () => {
  const run = await start(app.exports.tries as never, ["twice", 2] as never);
  expect(await run.returnValue).toEqual({ attempt: 3 });
  const events = await eventsOf(run);
  const retries = events.filter((event) => event.type === "step_retrying");
  expect(retries.map(({ attempt, failure }) => [attempt, failure.message])).toEqual([
    [1, "twice failed in attempt 1"],
    [2, "twice failed in attempt 2"],
  ]);
});

test("C177, ST-05, ST-08: a FatalError and maxRetries 0 mean one attempt", async () => {
  expect(await result("caughtFatal")).toEqual([
    [true, "no way"],
    [true, 'Step "step//./workflows/test//never" failed after 0 retries: once is enough'],
  ]);
  expect(calls()).toEqual(["fatal", "never"]);
});

test("C176, C397: a failure that nobody catches fails the run", async () => {
  const run = await start(app.exports.uncaught as never, ["x"] as never);
  const error = (await run.returnValue.catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ name: "WorkflowRunFailedError", runId: run.runId });
  expect(error.message).toContain(`Workflow run "${run.runId}" failed: Step "step//`);
  expect(error.cause).toMatchObject({ name: "FatalError", code: "USER_ERROR" });
  expect((error.cause as Error).stack).toContain("workflows/test.ts");
  expect(await run.explain()).toMatch(/^The run failed at .* x failed in attempt 4/);
});

test.each([
  ["C179: a number", 1500, 2000],
  ["C178: a duration", "1.2s", 2000],
  ["in the past", new Date(0), 1000],
])("ST-07: retryAfter as %s is waited for", async (_name, retryAfter, least) => {
  expect(await result("waits", retryAfter)).toBeGreaterThanOrEqual(least - 1);
});

test("ST-12: whatever is thrown has a message", async () => {
  expect(await result("throwsOdd", "string")).toContain("just text");
  expect(await result("throwsOdd", "object")).toContain('{"a":1}');
  expect(await result("throwsOdd", "undefined")).toContain("undefined");
  expect(await result("throwsOdd", "promise")).toContain("Promise rejection:");
});

test("C198, ST-22: a result that cannot be stored fails the step without another attempt", async () => {
  expect(await result("returnsFunction")).toMatch(/^Failed to serialize step return value/);
  expect(calls()).toEqual(["unserializable"]);
});

test("C197, ST-21: arguments that cannot be stored reject the call", async () => {
  expect(await result("passesFunction")).toMatch(
    /^Failed to serialize step arguments at path "\[0\]"/,
  );
});

test("C189, C192, MD: workflow and steps see the same run, and each step its own attempt", async () => {
  const run = await start(app.exports.metadata as never, [50] as never);
  const { own, steps } = (await run.returnValue) as {
    own: object;
    steps: { step: { stepId: string }; workflow: object; isAborted: boolean }[];
  };
  const facts = {
    workflowRunId: run.runId,
    workflowName: "workflow//./workflows/test//metadata",
    workflowStartedAt: await run.startedAt,
    url: "http://localhost:3000",
  };
  expect(own).toEqual(facts);
  expect(new Set(steps.map(({ step }) => step.stepId)).size).toBe(50);
  for (const { step, workflow, isAborted } of steps) {
    expect(workflow).toEqual(facts);
    expect(isAborted).toBe(false);
    expect(step).toEqual({
      stepId: expect.stringMatching(/^step_[0-9A-Z]{26}$/),
      stepName: "step//./workflows/test//facts",
      stepStartedAt: expect.any(Date),
      attempt: 1,
    });
  }
});

test("C194, ST-24: a step called inside a step is a plain call, which sees the outer one", async () => {
  const run = await start(app.exports.nested as never);
  expect(await run.returnValue).toEqual({ inner: 2, name: "step//./workflows/test//outer" });
  const created = (await eventsOf(run)).filter(({ type }) => type === "step_created");
  expect(created).toHaveLength(1);
});

test("C193, ST-23: outside of a workflow a step is an ordinary function", async () => {
  expect(await (app.exports.add as (a: number, b: number) => unknown)(3, 5)).toBe(8);
  await expect((app.exports.outer as () => unknown)()).rejects.toThrow(
    "`getStepMetadata()` can only be called inside a step function",
  );
});

test("E6: an attempt that takes too long is aborted, and uses up a retry", async () => {
  expect(await result("timesOut")).toBe(
    'Step "step//./workflows/test//slow" failed after 1 retry: Step "step//./workflows/test//slow" took longer than 20 ms',
  );
  await until(() => calls().length === 4);
  expect(calls()).toEqual(["slow", "aborted TimeoutError", "slow", "aborted TimeoutError"]);
});

test("C471: no more attempts of a step run at once than it allows", async () => {
  expect(await result("narrowFan")).toBe("done");
  expect((app.exports.mostAtOnce as () => number)()).toBe(2);
});

test("C208, ST-31: a saga undoes what it did, in reverse", async () => {
  expect(await result("saga")).toBe("rolled back: no stock");
  expect(calls()).toEqual(["charge 1", "charge 2", "refund 2", "refund 1"]);
});

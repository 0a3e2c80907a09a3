import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createEmbeddedWorld } from "../../embedded-world";
import { getRun, resumeHook, type Run, start } from "../../lib/api";
import { WaitFailedError } from "../../lib/errors";
import { createRuntime } from "../../lib/runtime";
import { setApp, setWorld } from "../../lib/runtime/current";
import { type TestWorld, waitForHook, waitForSleep } from "../../lib/testing";
import { loadApp } from "./load-app";

const luck = { isGood: false };
(globalThis as { waitForLuck?: typeof luck }).waitForLuck = luck;

const app = loadApp(`
import { createHook, sleep } from "everstep";
export async function asks(tokens) {
  "use workflow";
  const answers = [];
  for (const token of tokens) {
    const hook = createHook({ token, metadata: { question: token } });
    answers.push(await hook);
  }
  return answers;
}
export async function asksAtOnce(tokens) {
  "use workflow";
  return Promise.all(tokens.map((token) => createHook({ token })));
}
export async function sleeps() {
  "use workflow";
  await Promise.all([sleep("1 day", { name: "short" }), sleep("2 days", { name: "long" })]);
  return "rested";
}
export async function returns() { "use workflow"; return 1; }
export async function fails() { "use workflow"; throw new Error("no luck"); }
import { FatalError } from "everstep";
const luck = globalThis.waitForLuck;
export async function tries() { "use step"; if (!luck.isGood) throw new FatalError("no luck"); }
export async function recovers() {
  "use workflow";
  try { await tries(); } catch (error) { await sleep("1 hour", { name: "sorry" }); throw error; }
  return createHook({ token: "after" });
}
`);
const { asks, asksAtOnce, sleeps, returns, fails, recovers } = app.exports;

let world: TestWorld;

beforeEach(() => void (world = app.open()));
afterEach(() => world.close());

async function failureOf(waiting: Promise<unknown>): Promise<WaitFailedError> {
  const error = await waiting.catch((thrown: unknown) => thrown);
  if (!WaitFailedError.is(error)) throw error;
  return error;
}

test("hooks are found one after the other, and answered (TS-05, C579)", async () => {
  const run = await start(asks!, [["a", "b"]]);
  const first = await waitForHook(run);
  expect(first).toMatchObject({ token: "a", runId: run.runId, metadata: { question: "a" } });
  await resumeHook(first.token, 1);
  const second = await waitForHook(run);
  expect(second.token).toBe("b");
  await resumeHook(second.token, 2);
  expect(await run.returnValue).toEqual([1, 2]);
});

test("a hook whose payload is on its way is not given again", async () => {
  const run = await start(asksAtOnce!, [["a", "b"]]);
  await waitForHook(run);
  for (const payload of [1, 2]) {
    const { token } = await waitForHook(run);
    await resumeHook(token, payload);
  }
  expect(await run.returnValue).toEqual([1, 2]);
});

test("a token names the hook to wait for", async () => {
  const run = await start(asksAtOnce!, [["a", "b"]]);
  expect((await waitForHook(run, { token: "b" })).token).toBe("b");
});

test("the first sleep that is not over is given (TS-04)", async () => {
  const run = await start(sleeps!);
  const first = await waitForSleep(run);
  expect(first).toBe("sleep//=short:1");
  await run.wakeUp({ correlationIds: [first] });
  await world.advance(0);
  expect(await waitForSleep(run)).toBe("sleep//=long:1");
});

test("what does not come rejects at the time limit, and says what the run is doing (C580)", async () => {
  const run = await start(asks!, [["a"]]);
  await waitForHook(run);
  const sleep = await failureOf(waitForSleep(run, { timeout: 20 }));
  expect(sleep).toMatchObject({ code: "WAIT_TIMED_OUT", runId: run.runId });
  expect(sleep.message).toMatch(/waited 20 ms for a sleep of run .* waits for a payload for hook/);
  const hook = await failureOf(waitForHook(run, { token: "b", timeout: "20ms" }));
  expect(hook.message).toContain('for the hook "b"');
});

test("a run that is over rejects at once, and says how it ended", async () => {
  const done = await start(returns!);
  expect(await failureOf(waitForHook(done))).toMatchObject({ code: "WAIT_IN_VAIN" });
  expect((await failureOf(waitForSleep(done))).message).toContain("over: The run was completed");
  const failed = await start(fails!);
  expect((await failureOf(waitForHook(failed))).message).toContain("no luck");
  const cancelled = await start(asks!, [["a"]]);
  const waiting = waitForSleep(cancelled);
  await cancelled.cancel();
  expect((await failureOf(waiting)).message).toContain("The run was cancelled");
});

test("a run that does not exist rejects", async () => {
  await expect(waitForHook(getRun("wrun_none"))).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("what a failed run does after a retry is waited for like the rest of it", async () => {
  const run = await start(recovers!);
  expect(await waitForSleep(run)).toBe("sleep//=sorry:1");
  await run.wakeUp();
  await expect(run.returnValue).rejects.toThrow("no luck");
  luck.isGood = true;
  await run.retry();
  expect((await waitForHook(run)).token).toBe("after");
  await resumeHook("after", "well");
  expect(await run.returnValue).toBe("well");
});

test("both work on any world", async () => {
  await world.close();
  const dataDir = mkdtempSync(path.join(tmpdir(), "everstep-testing-"));
  const embedded = createEmbeddedWorld({ dataDir });
  const log = () => undefined;
  const runtime = createRuntime({ world: embedded, root: app.root, handlesSignals: false, log });
  await runtime.start();
  const run: Run = await start(asks!, [["a"]]);
  await resumeHook((await waitForHook(run)).token, "yes");
  expect(await run.returnValue).toEqual(["yes"]);
  const sleeper = await start(sleeps!);
  expect(await waitForSleep(sleeper)).toBe("sleep//=short:1");
  await runtime.stop({ graceMs: 0 });
  await embedded.close();
  setWorld(undefined);
  setApp(undefined);
});

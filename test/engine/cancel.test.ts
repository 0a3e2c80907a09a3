/** A cancel, whatever the run is doing; and cleaning up that goes wrong itself (L1 to L4). */
import { resumeHook, type Run, start } from "../../lib/api";
import { describeOnEachWorld, hookOf, logOf } from "./each-world";
import { runOf, startOf, until } from "./test-app";

const SOURCE = `
import { createHook, FatalError, getStepMetadata, sleep } from "everstep";
import { start } from "everstep/api";

const bodies = (globalThis.cancelBodies ??= []);
export async function body(name, ms) {
  "use step";
  bodies.push(name + " began");
  await new Promise((resolve) => (ms ? setTimeout(resolve, ms) : (globalThis.cancelOpen = resolve)));
  bodies.push(name + " ended");
}
export async function fails() { "use step"; bodies.push("fails"); throw new Error("not yet"); }
fails.backoff = 60_000;
export async function startWaits() { "use step"; return start(waits); }
export async function note(name) { "use step"; bodies.push(name); }

export async function steps() { "use workflow"; await body("steps"); await note("after"); }
export async function sleeps() { "use workflow"; await sleep("1 day"); await note("after"); }
export async function waits() { "use workflow"; await createHook(); await note("after"); }
export async function retries() { "use workflow"; await fails(); await note("after"); }
export async function hasChild() {
  "use workflow";
  const run = await startWaits();
  await run.returnValue;
  await note("after");
}
export async function nothing() { "use workflow"; }

export async function refuse() { "use step"; throw new FatalError("the order is refused"); }
export async function undoFails() { "use step"; bodies.push("undo"); throw new Error("cannot undo"); }
Object.assign(undoFails, { maxRetries: 1, backoff: 1 });
export async function undoHangs() { "use step"; return new Promise(() => undefined); }
Object.assign(undoHangs, { maxRetries: 0, timeout: 50 });
export async function cleansUp(how) {
  "use workflow";
  try { await refuse(); } catch (error) {
    await (how === "fails" ? undoFails() : undoHangs());
    throw error;
  }
}
export async function talks(token) {
  "use workflow";
  using hook = createHook({ token });
  await hook;
  await note("after");
}
`;

const here = describeOnEachWorld(SOURCE, [states, cleaning]);
const bodies = () => (globalThis as unknown as { cancelBodies: string[] }).cancelBodies;
const open = () => (globalThis as unknown as { cancelOpen: () => void }).cancelOpen();

beforeEach(() => void bodies()?.splice(0));

async function explains(run: Run, what: string): Promise<void> {
  await until(async () => (await run.explain()).includes(what));
}

/** A cancelled run says so for ever, and nothing of it happens afterwards. */
async function expectCancelled(run: Run): Promise<void> {
  await expect(run.returnValue).rejects.toMatchObject({ name: "WorkflowRunCancelledError" });
  await runOf(here.app, "nothing");
  expect(await run.status).toBe("cancelled");
  expect((await logOf(here.app, run.runId)).at(-1)!.type).toBe("run_cancelled");
  expect(bodies()).not.toContain("after");
}

function states(): void {
  test("L1: before it begins", async () => {
    const workflow = here.app.exports["sleeps"] as never;
    const run = await start(workflow, [], { delay: "1 h", world: here.app.world });
    await run.cancel();
    await expectCancelled(run);
    expect(await logOf(here.app, run.runId)).toHaveLength(2);
  });

  test.each([
    ["sleeps", "sleep"],
    ["waits", "hook"],
    ["retries", "attempt 2 of step"],
    ["hasChild", "the end of run"],
  ])("L1: while it waits (%s)", async (name, what) => {
    const run = await startOf(here.app, name);
    await explains(run, what);
    await run.cancel();
    await expectCancelled(run);
  });

  test("L1: with payloads that it has not taken", async () => {
    const token = `cancel ${here.app.root}`;
    const run = await startOf(here.app, "talks", token);
    await hookOf(here.app, token);
    await Promise.all([resumeHook(token, 1, { world: here.app.world }), run.cancel()]).catch(
      () => undefined,
    );
    expect(["cancelled", "completed"]).toContain(await run.status);
    const last = (await logOf(here.app, run.runId)).at(-1)!.type;
    expect(last).toBe(`run_${await run.status}`);
  });

  test("L2: a step that does not listen to its signal goes on, and its result is refused", async () => {
    const run = await startOf(here.app, "steps");
    await until(() => bodies().includes("steps began"));
    await run.cancel();
    const log = await logOf(here.app, run.runId);
    open();
    await until(() => bodies().includes("steps ended"));
    await expectCancelled(run);
    expect(await logOf(here.app, run.runId)).toEqual(log);
  });
}

function cleaning(): void {
  test.each([
    ["fails", /Step "step\/\/.*undoFails" failed after 1 retry: cannot undo/],
    ["hangs", /took longer than 50 ms/],
  ])("L4: a step that cleans up and %s ends its run with its own error", async (how, message) => {
    await expect(runOf(here.app, "cleansUp", how)).rejects.toMatchObject({
      cause: { message: expect.stringMatching(message) as string },
    });
    expect(bodies().filter((name) => name === "undo")).toHaveLength(how === "fails" ? 2 : 0);
  });
}

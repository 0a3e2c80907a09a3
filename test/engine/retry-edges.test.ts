/** Retries at the edges: calls that come again, runs that wait for each other, answers that are late. */
import { getRun, resumeHook, type Run, start, type WorkflowReference } from "../../lib/api";
import type { World } from "../../lib/contract/world";
import { changed, Gate } from "./changed-world";
import { describeOnEachWorld, expectGoodLog, hookOf, logOf } from "./each-world";
import { openApp, startOf, until } from "./test-app";

const SOURCE = `
import { createHook, FatalError } from "everstep";
import { start } from "everstep/api";

const world = globalThis.retryEdges;
export async function work(label) {
  "use step";
  world.ran.push(label);
  await world.gate?.(label);
  if (world.broken.has(label)) throw new FatalError(label + " is broken");
  return label;
}
export async function simple() { "use workflow"; return work("a"); }
export async function together() {
  "use workflow";
  return (await Promise.all([work("p"), work("q"), work("r")])).join("");
}

function open(token) { return createHook({ token }); }
function ask(token) { return createHook({ token, once: true }); }
export async function asksAgain(token) {
  "use workflow";
  try { return await work("main"); } catch (error) {
    if ((await ask(token)) === "go on") return "went on";
    throw error;
  }
}
export async function hookAgain(token) {
  "use workflow";
  let main;
  try { main = await work("main"); } catch (error) {
    const hook = open(token);
    await work("while it is open");
    hook.dispose();
    await work("cleanup");
    throw error;
  }
  return main + (await open(token));
}

export async function child(label) { "use workflow"; return work(label); }
export async function startChild(label) { "use step"; return start(child, [label]); }
export async function waitsForChild() {
  "use workflow";
  const run = await startChild("child");
  return "parent of " + (await run.returnValue);
}
export async function asksInHandler() {
  "use workflow";
  const run = await startChild("child");
  let main = "";
  try { main = await work("main"); } catch (error) {
    await run.returnValue.catch(() => undefined);
    throw error;
  }
  return main + (await run.returnValue);
}
`;

const world = {
  ran: [] as string[],
  broken: new Set<string>(),
  gate: undefined as ((label: string) => Promise<void> | undefined) | undefined,
};
(globalThis as { retryEdges?: typeof world }).retryEdges = world;

beforeEach(() => {
  world.ran = [];
  world.broken = new Set();
  world.gate = undefined;
});

const here = describeOnEachWorld(SOURCE, [retries, retriesOfParents]);

async function failing(name: string, broken: string[], ...args: unknown[]): Promise<Run> {
  world.broken = new Set(broken);
  const run = await startOf(here.app, name, ...args);
  await expect(run.returnValue).rejects.toMatchObject({ code: "RUN_FAILED" });
  world.broken.clear();
  return run;
}

async function childOf(run: Run): Promise<Run> {
  const awaited = (await logOf(here.app, run.runId)).find(({ type }) => type === "child_awaited");
  if (awaited?.type !== "child_awaited") throw new Error("It waits for nobody");
  return getRun(awaited.runId, { world: here.app.world });
}

function retries() {
  test("steps of a Promise.all that failed together are tried again together", async () => {
    const run = await failing("together", ["p", "q"]);
    await run.retry();
    expect(await run.returnValue).toBe("pqr");
    await expectGoodLog(here.app, run.runId);
  });

  test("P1: a hook that was disposed of and comes again can be resumed", async () => {
    const token = `again ${here.app.root}`;
    const run = await failing("hookAgain", ["main"], token);
    await run.retry();
    await hookOf(here.app, token);
    await resumeHook(token, "!", { world: here.app.world });
    expect(await run.returnValue).toBe("main!");
    await expectGoodLog(here.app, run.runId);
  });

  test("P2: a hook for one payload that comes again takes one again", async () => {
    const token = `once ${here.app.root}`;
    const resume = async (payload: string) => {
      await hookOf(here.app, token);
      await resumeHook(token, payload, { world: here.app.world });
    };
    world.broken.add("main");
    const run = await startOf(here.app, "asksAgain", token);
    await resume("stop");
    await expect(run.returnValue).rejects.toMatchObject({ code: "RUN_FAILED" });
    await run.retry();
    await resume("go on");
    expect(await run.returnValue).toBe("went on");
    await expectGoodLog(here.app, run.runId);
  });

  test("who is too late to retry a run that goes on already is not told off", async () => {
    const run = await failing("simple", ["a"]);
    await Promise.all(Array.from({ length: 5 }, () => run.retry()));
    expect(await run.returnValue).toBe("a");
  });
}

function retriesOfParents() {
  test("a run that failed with its child goes on when both are retried", async () => {
    const run = await failing("waitsForChild", ["child"]);
    const child = await childOf(run);
    await child.retry();
    expect(await child.returnValue).toBe("child");
    await run.retry();
    expect(await run.returnValue).toBe("parent of child");
    await expectGoodLog(here.app, run.runId);
  });

  test("P2: a run that is retried ahead of its child hears of the second end", async () => {
    const run = await failing("waitsForChild", ["child"]);
    const child = await childOf(run);
    const gate = new Gate();
    world.gate = () => gate.pass();
    await child.retry();
    await until(() => gate.isReached);
    await run.retry();
    await until(async () => (await run.explain()).includes(child.runId));
    gate.open();
    expect(await run.returnValue).toBe("parent of child");
    await expectGoodLog(here.app, run.runId);
  });

  test("P2: a call that waits for the same child again hears of its second end", async () => {
    const run = await failing("asksInHandler", ["main", "child"]);
    const child = await childOf(run);
    const gate = new Gate();
    world.gate = (label) => (label === "child" ? gate.pass() : undefined);
    await child.retry();
    await until(() => gate.isReached);
    await run.retry();
    await until(async () => (await run.explain()).includes(child.runId));
    gate.open();
    expect(await run.returnValue).toBe("mainchild");
    await expectGoodLog(here.app, run.runId);
  });
}

describe("on a world that is slow to answer", () => {
  test("P2: a run that is retried before its owner has heard that it failed goes on", async () => {
    const gate = new Gate();
    const network = (inner: World) =>
      changed(inner, "runs", (runs) => ({
        async append(append) {
          const outcome = await runs.append(append);
          if (append.change?.status === "failed") await gate.pass();
          return outcome;
        },
      }));
    const app = await openApp(SOURCE, { network });
    world.broken = new Set(["a"]);
    const run = await startOf(app, "simple");
    await expect(run.returnValue).rejects.toMatchObject({ code: "RUN_FAILED" });
    world.broken.clear();
    await run.retry();
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.open();
    expect(await run.returnValue).toBe("a");
    await app.stop();
  });

  test("the deadline of a run that was retried does not hold when it is parked either", async () => {
    let isMissing = false;
    const network = (inner: World) =>
      changed(inner, "bundles", (bundles) => ({
        get: async (hash) => (isMissing ? null : bundles.get(hash)),
      }));
    const app = await openApp(SOURCE, { network });
    world.gate = () => new Promise(() => undefined);
    const workflow = app.exports["simple"] as unknown as WorkflowReference;
    const run = await start(workflow, [], { world: app.world, deadline: 50 });
    await expect(run.returnValue).rejects.toMatchObject({ code: "RUN_FAILED" });
    await app.stop();
    isMissing = true;
    world.gate = undefined;
    await app.restart();
    const again = getRun(run.runId, { world: app.world });
    await again.retry();
    await until(async () => (await again.explain()).includes("BUNDLE_UNKNOWN"));
    isMissing = false;
    await again.wakeUp();
    expect(await again.returnValue).toBe("a");
    await app.stop();
  });
});

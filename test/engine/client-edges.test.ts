/** What callers do at the edges: runs that are over, tokens that come again, bodies that break off. */
import { spawn } from "node:child_process";
import path from "node:path";
import { listRuns, resumeHook, type Run, start } from "../../lib/api";
import { createRuntime } from "../../lib/runtime";
import { ROOT, tempApp } from "../replay/world";
import { openApp, runOf, startOf, type TestApp, until } from "./test-app";

const SOURCE = `
import { createHook, getStepMetadata, sleep } from "everstep";
import { HookConflictError } from "everstep/errors";
import { start } from "everstep/api";
export const seen = [];

export async function add(a, b) { "use step"; return a + b; }
export async function adds() { "use workflow"; return add(1, 2); }
export async function greet(name) { "use workflow"; return { hello: name }; }
export async function naps() { "use workflow"; await sleep("1 day"); }
export async function never() { "use workflow"; await add(1, 2); await new Promise(() => undefined); }
export async function leaves() { "use workflow"; await add(1, 1); sleep("1 day"); add(1, 2); return "left"; }
export async function races() {
  "use workflow";
  return Promise.race([add(1, 1), sleep("1 day", { name: "long" })]);
}
export async function again(token, times) {
  "use workflow";
  const heard = [];
  for (let n = 0; n < times; n++) {
    const hook = createHook({ token });
    heard.push(await hook);
    hook.dispose();
  }
  return heard.join();
}
export async function listens(token) { "use workflow"; return createHook({ token }); }
export async function twoHooks(token) {
  "use workflow";
  const [first, second] = [createHook({ token }), createHook({ token })];
  try { await second; } catch (error) {
    const { name, conflictingRunId } = error;
    return { name, conflictingRunId, is: HookConflictError.is(error), first: await first };
  }
}
export async function startsKeyed(key) {
  "use step";
  const { attempt } = getStepMetadata();
  const run = await start(greet, ["child"], { key });
  await run.returnValue;
  seen.push(run.runId);
  if (attempt < 3) throw new Error("after the start");
}
startsKeyed.backoff = 1;
export async function parent(key) { "use workflow"; await startsKeyed(key); }
`;

jest.setTimeout(20_000);

let app: TestApp;
beforeAll(async () => {
  app = await openApp(SOURCE);
});
afterAll(() => app.stop());

const seen = () => app.exports.seen as unknown as string[];
const workflow = (name: string) => app.exports[name] as unknown as { workflowId: string };
const isWaiting = async (run: Run) => (await run.explain()).startsWith("The run waits for");

function hookCalls(run: Run): Promise<string> {
  return app.world.hooks
    .list({ runId: run.runId, limit: 10 })
    .then(({ data }) => data.map(({ call }) => call).join());
}

test("W4: a token can be used again once its hook was disposed of, also in the same run", async () => {
  const run = await startOf(app, "again", "again:1", 5);
  let before = "";
  for (const payload of ["a", "b", "c", "d", "e"]) {
    await until(async () => !["", before].includes(await hookCalls(run)));
    before = await hookCalls(run);
    expect(await resumeHook("again:1", payload)).toMatchObject({ hookId: before });
  }
  expect(await run.returnValue).toBe("a,b,c,d,e");
});

test("W4: two open hooks of a run cannot have one token, and the run is told that it is its own", async () => {
  const run = await startOf(app, "twoHooks", "two:1");
  await until(async () => (await hookCalls(run)) !== "");
  await resumeHook("two:1", "heard");
  expect(await run.returnValue).toEqual({
    ...{ name: "HookConflictError", conflictingRunId: run.runId },
    ...{ is: true, first: "heard" },
  });
});

test("P1: a payload whose body breaks off is not sent, and the hook stays open", async () => {
  const run = await startOf(app, "listens", "body:1");
  await until(async () => (await hookCalls(run)) !== "");
  const breaksOff = new ReadableStream({
    pull: (controller) => controller.error(new Error("client went away")),
  });
  await expect(resumeHook("body:1", new Response(breaksOff))).rejects.toThrow("client went away");
  expect(await app.world.inbox.read(run.runId, 10)).toEqual([]);
  await resumeHook("body:1", "whole");
  expect(await run.returnValue).toBe("whole");
});

/** In a process of its own: what nobody handles ends it. */
const BREAKS_OFF = `
const load = (file) => require(${JSON.stringify(path.join(ROOT, "dist"))} + "/" + file);
const { resumeHook, start } = load("lib/api.js");
const world = load("embedded-world/index.js").createEmbeddedWorld({ dataDir: process.argv[1] });
load("lib/runtime.js").setWorld(world);
const body = () => new Response(new ReadableStream({
  async pull(controller) { controller.error(new Error("client went away")); },
}));
const said = ({ message }) => message.includes("client went away");
async function main() {
  const calls = [
    () => resumeHook("no such token", body()),
    () => start({ workflowId: "workflow//./x//y" }, [body()]),
    () => start({ workflowId: "workflow//./x//y" }, [body()], { metadata: { body: body() } }),
  ];
  const answers = [];
  for (const call of calls) answers.push(await call().then(() => "resolved", said));
  // Whatever nobody handles is known when the loop has turned.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const { data } = await world.runs.list({ limit: 10 });
  await world.close();
  console.log(JSON.stringify({ answers, runs: data.length }));
}
main();
`;

test("P1: a body that breaks off rejects the call, and nothing else happens", async () => {
  const dataDir = path.join(tempApp({}), "data");
  const child = spawn(process.execPath, ["-e", BREAKS_OFF, dataDir], { stdio: "pipe" });
  const heard = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => (heard.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (heard.stderr += text.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, ...heard }).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(heard.stdout)).toEqual({ answers: [true, true, true], runs: 0 });
});

test("P2: wakeUp of a run that is over ends nothing", async () => {
  const completed = await startOf(app, "races");
  expect(await completed.returnValue).toBe(2);
  const cancelled = await startOf(app, "naps");
  await until(() => isWaiting(cancelled));
  await cancelled.cancel();
  for (const run of [completed, cancelled]) {
    expect(await run.wakeUp()).toEqual({ stoppedCount: 0 });
    expect(await run.wakeUp({ correlationIds: ["sleep//=long:1"] })).toEqual({ stoppedCount: 0 });
  }
});

test("P2: explain says so when a run waits for what nothing settles", async () => {
  const run = await startOf(app, "never");
  await until(async () => (await run.explain()).includes("promise"));
  expect(await run.explain()).toBe(
    "The run waits for a promise that no step, sleep or hook of it will settle, so nothing can move it.",
  );
  await run.cancel();
});

test("P2: calls that a run left behind as it ended are named", async () => {
  const run = await startOf(app, "leaves");
  expect(await run.returnValue).toBe("left");
  const warning = app.said.find((line) => line.includes(`"${run.runId}" ended without waiting`));
  expect(warning).toMatch(/ for sleep "leaves#0", call 2 of step "add"$/);
});

test("RN-22: the id of a run of another workflow is refused", async () => {
  const first = await start(workflow("greet"), ["x"], { id: "order-1" });
  await expect(start(workflow("adds"), [], { id: "order-1" })).rejects.toMatchObject({
    code: "RUN_KEY_TAKEN",
    message: expect.stringContaining(workflow("greet").workflowId) as string,
  });
  expect(await first.returnValue).toEqual({ hello: "x" });
  const again = await start(workflow("greet"), ["y"], { id: "order-1" });
  expect(await again.returnValue).toEqual({ hello: "x" });
});

test("RN-07: a step that starts a run with a key starts one, in however many attempts", async () => {
  const { workflowId: workflowName } = workflow("greet");
  const before = (await listRuns({ workflowName, limit: 1000 })).data.length;
  await runOf(app, "parent", "child-1");
  expect(seen()).toHaveLength(3);
  expect(new Set(seen()).size).toBe(1);
  expect((await listRuns({ workflowName, limit: 1000 })).data).toHaveLength(before + 1);
});

test.each([NaN, 0, -5, 2.5, Infinity, undefined])(
  "events({ from: %p }) begins at 1",
  async (from) => {
    const run = await startOf(app, "adds");
    await run.returnValue;
    const positions: number[] = [];
    const options = from === undefined ? {} : { from };
    for await (const { position } of run.events(options)) positions.push(position);
    expect(positions).toEqual(Array.from({ length: positions.length }, (_, n) => n + 1));
    expect(positions.length).toBeGreaterThanOrEqual(5);
  },
);

describe("with an app of its own", () => {
  let own: TestApp;
  beforeEach(async () => {
    own = await openApp(SOURCE);
  });

  test("P2: returnValue rejects when its world closes", async () => {
    const run = await startOf(own, "naps");
    await until(() => isWaiting(run));
    const ending = expect(run.returnValue).rejects.toMatchObject({ code: "WORLD_CLOSED" });
    await own.stop();
    await ending;
  });

  test("P12: a runtime that was stopped does not start again", async () => {
    const { root, world } = own;
    const runtime = createRuntime({ root, world, handlesSignals: false, log: () => undefined });
    await runtime.stop();
    await expect(runtime.start()).rejects.toMatchObject({ code: "RUNTIME_STOPPED" });
    await own.runtime.stop();
    await expect(own.runtime.start()).rejects.toMatchObject({ code: "RUNTIME_STOPPED" });
    expect(await world.dispatch.isServed()).toBe(false);
    await own.stop();
  });
});

/** R6: what is rejected inside the sandbox never reaches the host, which would end the process. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, ROOT, tempApp, workflowId } from "./world";

const SOURCE = `
import { sleep } from "everstep";
export async function fail(text: string) { "use step"; throw new Error(text) }
const helper = async () => { await fail("in a helper") };
export async function late() {
  "use workflow";
  const pending = [fail("a"), helper(), Promise.all([fail("b")]), (async () => { throw new Error("c") })()];
  await sleep("1s");
  const seen: string[] = [];
  for (const each of pending) await each.catch((error) => seen.push(error.message));
  return seen;
}
export async function never() {
  "use workflow";
  void fail("nobody looks");
  void helper();
  Promise.reject(new Error("at once"));
  queueMicrotask(() => { throw new Error("in a microtask") });
  await sleep("1s");
  return "done";
}
export async function suspended() {
  "use workflow";
  const seen: string[] = [];
  try { await sleep("1s"); seen.push("slept") }
  catch { seen.push("caught") }
  finally { seen.push("finally") }
  try { return await fail("d") }
  catch (error) { return [...seen, error.message] }
}
`;

/** Runs in a process of its own, where nobody listens for rejections. */
const DRIVER = `
const { compileBundle } = require(DIST + "/lib/replay/sandbox.js");
const { RunContext } = require(DIST + "/lib/replay/run-context.js");
const { eventOf } = require(DIST + "/lib/replay/created-events.js");
const { createHostCodec } = require(DIST + "/lib/engine/host-codec.js");
const { globalsServices } = require(DIST + "/lib/engine/globals-services.js");
const codec = createHostCodec();
const services = { ...globalsServices, environment() {}, print() {}, newToken: () => "t", computedMs: () => 0 };
const context = new RunContext({ bundle: compileBundle(CODE, "hash"), services });
const failure = { name: "Error", message: "no", value: codec.encodeError(new Error("no")) };
let at = 0;
function turn(event) {
  context.apply(event);
  for (const command of context.takeCommands()) {
    const created = eventOf(command, at);
    context.apply(created);
    const { call } = created;
    const next = command.type === "wait"
      ? { type: "wait_completed", at: command.dueAt, call }
      : { type: "step_failed", at, call, failure };
    // The host has turns of its own in between, in which it looks for rejections.
    setTimeout(() => { if (!context.ending) turn(next) }, command.type === "wait" ? 20 : 1);
  }
  if (context.ending) console.log(context.ending.status);
}
turn({ type: "run_created", at, runId: "wrun_a", workflow: WORKFLOW, bundle: "hash", input: codec.encode([], "workflow arguments") });
turn({ type: "run_started", at });
`;

test("a promise may be rejected first and handled later (C133, RP-35)", async () => {
  const steps = {
    fail: (text: string) => {
      throw new Error(text);
    },
  };
  const script = { workflow: workflowId("late"), steps };
  const world = expectSameEverywhere(await bundleOf(SOURCE), script);
  expect(world.result()).toEqual(["a", "in a helper", "b", "c"]);
});

test("suspension is neither caught nor finalised (RP-05, C127, C128)", async () => {
  const steps = {
    fail: (text: string) => {
      throw new Error(text);
    },
  };
  const script = { workflow: workflowId("suspended"), steps };
  const world = expectSameEverywhere(await bundleOf(SOURCE), script);
  expect(world.result()).toEqual(["slept", "finally", "d"]);
});

test.each(["late", "never"])(
  "no rejection reaches a process that would end by it: %s (R6, C132)",
  async (name) => {
    const root = tempApp({ "workflows/test.ts": SOURCE });
    const { bundle } = await buildWorkflows({ cwd: root });
    const values = { DIST: path.join(ROOT, "dist"), CODE: bundle.code, WORKFLOW: workflowId(name) };
    const header = Object.entries(values).map(
      ([key, value]) => `const ${key} = ${JSON.stringify(value)};`,
    );
    const file = path.join(root, "driver.cjs");
    writeFileSync(file, header.join("\n") + DRIVER);
    const out = execFileSync(process.execPath, ["--unhandled-rejections=strict", file], {
      encoding: "utf8",
      stdio: "pipe",
    });
    expect(out).toBe("completed\n");
  },
);

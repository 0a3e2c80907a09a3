/** R6: what is rejected inside the sandbox never reaches the host, which would end the process. */
import { runChild } from "./child-driver";
import { expectSameEverywhere } from "./expect-replay";
import { bundleOf, workflowId } from "./world";

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

/** The host has turns of its own between events, in which it looks for rejections. */
const DRIVER = `
const failure = { name: "Error", message: "no", value: codec.encodeError(new Error("no")) };
const context = begin(WORKFLOW);
function turn(event) {
  if (event) context.apply(event);
  for (const command of context.takeCommands()) {
    context.apply(eventOf(command, 0));
    const { call } = command;
    const next = command.type === "wait"
      ? { type: "wait_completed", at: command.dueAt, call }
      : { type: "step_failed", at: 0, call, failure };
    setTimeout(() => { if (!context.ending) turn(next) }, command.type === "wait" ? 20 : 1);
  }
  if (context.ending) console.log(context.ending.status);
}
turn();
`;

const steps = {
  fail: (text: string) => {
    throw new Error(text);
  },
};

test("a promise may be rejected first and handled later (C133, RP-35)", async () => {
  const script = { workflow: workflowId("late"), steps };
  const world = expectSameEverywhere(await bundleOf(SOURCE), script);
  expect(world.result()).toEqual(["a", "in a helper", "b", "c"]);
});

test("suspension is neither caught nor finalised (RP-05, C127, C128)", async () => {
  const script = { workflow: workflowId("suspended"), steps };
  const world = expectSameEverywhere(await bundleOf(SOURCE), script);
  expect(world.result()).toEqual(["slept", "finally", "d"]);
});

test.each(["late", "never"])(
  "no rejection reaches a process that would end by it: %s (R6, C132)",
  async (name) => {
    const constants = { WORKFLOW: workflowId(name) };
    const flags = ["--unhandled-rejections=strict"];
    const output = await runChild({ source: SOURCE, driver: DRIVER, constants, flags });
    expect(output).toBe("completed\n");
  },
);

/** What arrives together is one turn (E4): calls may end in the turn in which they are given up. */
import type { HookCommand } from "../../lib/contract/command";
import type { RunEvent } from "../../lib/contract/event";
import { eventOf } from "../../lib/replay/created-events";
import { replay } from "../../lib/replay/replay";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { bundleOf, START, TestWorld, workflowId } from "./world";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function work(value?: unknown) { "use step"; return value }
export async function cancelled() {
  "use workflow";
  const pause = sleep("1s");
  await work();
  pause.cancel();
  await sleep("1h");
}
export async function released() {
  "use workflow";
  { using hook = createHook({ token: "t" }) }
  await sleep("1h");
}
export async function asked() {
  "use workflow";
  let conflict: Promise<unknown>;
  { using hook = createHook({ token: "t" }); conflict = hook.getConflict() }
  return conflict;
}
export async function ends() {
  "use workflow";
  using pause = sleep("1h");
  using hook = createHook();
  void work("forgotten");
  return "done";
}
`;

let bundle: CompiledBundle;
beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

function open(name: string): TestWorld {
  return new TestWorld(bundle, { workflow: workflowId(name), steps: { work: () => 1 } });
}

const callOf = (world: TestWorld, type: RunEvent["type"]) =>
  (world.log.find((event) => event.type === type) as { call: string }).call;

test("a sleep that is cancelled in the turn in which it ends needs no cancelling", () => {
  const world = open("cancelled");
  const at = START + 1000;
  const step = callOf(world, "step_created");
  const wait = callOf(world, "wait_created");
  const output = world.codec.encode(undefined, "step return value");
  world.take(
    { type: "step_completed", at, call: step, output },
    { type: "wait_completed", at, call: wait },
  );
  expect(world.log.filter(({ type }) => type === "wait_cancelled")).toEqual([]);
  const { status } = replay(world.log, world.options);
  expect([world.context.trouble, status]).toEqual([null, "suspended"]);
});

test("a hook that conflicts needs no disposal", () => {
  const world = open("released");
  const disposed = world.log.findIndex(({ type }) => type === "hook_disposed");
  // The world answers in the place of the creation; what follows in the same append is dropped.
  const { call } = world.commands[0] as HookCommand;
  const conflict: RunEvent = {
    ...({ type: "hook_conflicted", at: START, call, digest: "token t", token: "t" } as const),
    ownerRunId: "wrun_other",
  };
  const log = [...world.log.slice(0, 2), conflict, ...world.log.slice(disposed + 1)];
  expect(replay(log, world.options)).toMatchObject({ status: "suspended", commands: [] });
  expect(replay(log.slice(0, 3), world.options)).toMatchObject({ commands: [{ type: "wait" }] });
});

test("whoever has asked for the owner of a token hears it, also after the hook is disposed", () => {
  const world = open("asked").run();
  expect(world.result()).toBeNull();
});

test("what ends with the run was not forgotten; a step that nobody awaited was (RP-12)", () => {
  const { context } = open("ends");
  expect(context.ending?.status).toBe("completed");
  expect(context.dropped.map((command) => eventOf(command, 0).type)).toEqual([
    "wait_created",
    "hook_created",
    "step_created",
  ]);
});

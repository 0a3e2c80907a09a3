/** Logs that no run can have written: each is named for what it is, and no run fails over one (E7). */
import type { RunEvent } from "../../lib/contract/event";
import { replay } from "../../lib/replay/replay";
import type { CompiledBundle } from "../../lib/replay/sandbox";
import { bundleOf, START, TestWorld } from "./world";

const SOURCE = `
import { createHook, sleep } from "everstep";
export async function work(value?: unknown) { "use step"; return value }
export async function order() {
  "use workflow";
  createHook();
  await Promise.all([work(1).catch(() => "caught"), sleep("1s")]);
  return "done";
}
`;

let bundle: CompiledBundle;
let log: RunEvent[];
let world: TestWorld;

beforeAll(async () => {
  bundle = await bundleOf(SOURCE);
});

beforeEach(() => {
  world = new TestWorld(bundle, { steps: { work: (value: unknown) => value } }).run();
  log = world.log;
});

const callOf = (type: RunEvent["type"]) =>
  (log.find((event) => event.type === type) as { call: string }).call;

const at = START;

/** Puts events in front of the first of a type, or in its place. */
function withEvents(type: RunEvent["type"], events: object[], replaced = 0): RunEvent[] {
  const changed = [...log];
  const index = log.findIndex((event) => event.type === type);
  changed.splice(index, replaced, ...(events as RunEvent[]));
  return changed;
}

function expectStuck(events: RunEvent[], code: string, text: string): void {
  const outcome = replay(events, world.options);
  if (outcome.status !== "stuck") throw new Error(`The run is ${outcome.status}`);
  expect([outcome.error.code, outcome.error.message]).toEqual([
    code,
    expect.stringContaining(text),
  ]);
}

test("the log itself is fine", () => {
  expect(replay(log, world.options).status).toBe("completed");
});

test("an event about another kind of call", () => {
  const failure = { name: "Error", message: "no", value: world.codec.encodeError(new Error("no")) };
  const wait = callOf("wait_created");
  const step = callOf("step_created");
  const cases = [
    { type: "step_failed", at, call: wait, failure },
    { type: "wait_completed", at, call: step },
    { type: "hook_received", at, call: step, payload: "1j1" },
  ];
  for (const event of cases) {
    const changed = withEvents("step_completed", [event]);
    expectStuck(changed, "EVENT_LOG_CORRUPTED", "is about another kind of call");
  }
});

test("an event of a type that only a newer version knows", () => {
  const changed = withEvents("step_completed", [{ type: "step_paused", at }]);
  expectStuck(changed, "LOG_NOT_SUPPORTED", 'has the type "step_paused"');
});

test("a failure that does not say how", () => {
  const call = callOf("step_created");
  const changed = withEvents("step_completed", [{ type: "step_failed", at, call }], 1);
  expectStuck(changed, "EVENT_LOG_CORRUPTED", "does not say how it failed");
});

test.each(["9z1", "1j{", "1", '1r["~Nothing"]'])("a value that nobody can read: %s", (text) => {
  const call = callOf("step_created");
  const output = { type: "step_completed", at, call, output: text };
  expectStuck(withEvents("step_completed", [output], 1), "VALUE_UNREADABLE", "");
  const created = { ...log[0], input: text };
  expectStuck(withEvents("run_created", [created], 1), "VALUE_UNREADABLE", "");
});

test("events before the start", () => {
  const [created, started, ...rest] = log as [RunEvent, RunEvent, ...RunEvent[]];
  const text = "comes before the start of the run";
  expectStuck([created, rest[0]!, started], "EVENT_LOG_CORRUPTED", text);
  expectStuck([started, created], "EVENT_LOG_CORRUPTED", "is first");
  expectStuck([created, started, started], "EVENT_LOG_CORRUPTED", "is there twice");
  expectStuck([], "EVENT_LOG_CORRUPTED", "is empty");
});

test("an end that is not the one of the code", () => {
  const failure = { name: "Error", message: "no", value: "1jnull" };
  const failed = { type: "run_failed", at, failure };
  expectStuck(withEvents("run_completed", [failed], 1), "REPLAY_DIVERGED", "the code completed");
  const other = { type: "run_completed", at, output: '1j"other"' };
  expectStuck(withEvents("run_completed", [other], 1), "REPLAY_DIVERGED", "returned another value");
});

test("an end that the log alone knows is the end", () => {
  const running = log.slice(0, 4);
  const failure = { name: "Error", message: "too late", value: "1jnull" };
  const cancelled = replay([...running, { type: "run_cancelled", at }], world.options);
  expect(cancelled).toEqual({ status: "cancelled" });
  const failed = replay([...running, { type: "run_failed", at, failure }], world.options);
  expect(failed).toMatchObject({ status: "failed", failure });
});

test("an event behind the end", () => {
  const changed = [...log, { type: "run_cancelled", at } as RunEvent];
  expectStuck(changed, "EVENT_LOG_CORRUPTED", "comes after the end of the run");
});

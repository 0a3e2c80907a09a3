/** Which part of a log counts when a failed run goes on (V4). */
import type { RunEvent } from "../../lib/contract/event";
import { voidsOf, withoutVoids } from "../../lib/contract/voids";

const failure = (message: string) => ({ name: "Error", message, value: '1j"x"' });
const at = 1;

/** `+a` a step is made, `!a no` it fails so, `a` it is done, `~a`, `~!a` a wait and its cancelling. */
function logOf(...steps: string[]): RunEvent[] {
  return [
    { type: "run_created", at, runId: "r", workflow: "w", bundle: "b", input: "1j[]" },
    { type: "run_started", at },
    ...steps.map(eventOf),
  ];
}

function eventOf(text: string): RunEvent {
  const [what = "", message = "no"] = text.split(" ");
  const call = what.replace(/^\W+/, "");
  if (what === "failed") return { type: "run_failed", at, failure: failure(message) };
  if (what.startsWith("~!")) return { type: "wait_cancelled", at, call };
  if (what.startsWith("~")) return { type: "wait_created", at, call, digest: "d", dueAt: 9 };
  if (what.startsWith("+")) return { type: "step_created", at, call, input: "1j[]" };
  if (what.startsWith("!")) return { type: "step_failed", at, call, failure: failure(message) };
  if (what.startsWith("?")) return { type: "hook_received", at, call, payload: "1j1" };
  return { type: "step_completed", at, call, output: "1j1" };
}

test.each([
  ["the failed step and the end", ["+a", "a", "+b", "!b", "failed"], [6, 7]],
  ["what was done about it", ["+a", "!a", "+clean", "clean", "failed"], [4, 5, 6, 7]],
  ["no result of a step that was under way", ["+a", "+b", "!a", "b", "failed"], [5, 7]],
  ["steps that failed together", ["+a", "+b", "+c", "!a", "b", "!c", "failed 2"], [6, 8, 9]],
  ["no failure that the code has gone on from", ["+a", "!a 1", "+b", "!b 2", "failed 2"], [6, 7]],
  ["a wait that was cancelled for it", ["~w", "+a", "!a", "~!w", "failed"], [5, 6, 7]],
  ["no payload", ["+a", "!a", "?hook", "failed"], [4, 6]],
  ["the end alone, if no step has failed", ["+a", "a", "failed"], [5]],
])("%s", (_title, steps, voids) => {
  expect(voidsOf(logOf(...steps))).toEqual(voids);
});

test("an error that was wrapped is found by what the code had seen last", () => {
  const log = logOf("+a", "!a first", "+b", "b");
  const failed: RunEvent = { type: "run_failed", at, failure: failure("wrapped"), seen: 4 };
  expect(voidsOf([...log, failed])).toEqual([4, 5, 6, 7]);
});

test("a log that did not fail has nothing to give up", () => {
  expect(voidsOf(logOf("+a", "a"))).toEqual([]);
});

test("voided events keep their positions, and say what they were", () => {
  const log = logOf("+a", "!a", "failed");
  const read = withoutVoids([...log, { type: "run_retried", at, voids: [4, 5] }]);
  expect(read.map(({ type }) => type)).toEqual([
    ...["run_created", "run_started", "step_created", "voided", "voided", "run_retried"],
  ]);
  expect(read[3]).toEqual({ type: "voided", at, event: log[3] });
  expect(withoutVoids(log)).toBe(log);
});

test("a run that fails again gives up what it did since, and what it had given up before", () => {
  const log = logOf("+a", "!a", "failed");
  const retried: RunEvent = { type: "run_retried", at, voids: [4, 5] };
  const second = withoutVoids([...log, retried, eventOf("!a again"), eventOf("failed again")]);
  expect(voidsOf(second)).toEqual([7, 8]);
});

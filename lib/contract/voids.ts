/**
 * Which part of a log counts after a failed run was retried (V4). Nothing is taken out of a log; what
 * led to the end that is to be undone is listed in `run_retried`, and read as `voided`.
 *
 * - What the failed steps had returned to the code is void, and so is what the code did about it:
 *   the calls it made since, with all that became of them, and what it cancelled or disposed of.
 *   A run that was waited for and failed counts as such a step does: it may have been retried.
 * - What happened by itself stays: results of steps that were under way, payloads, waits that ended.
 */
import type { CallKey } from "./call";
import type { ChildFailed, RunEvent, RunFailed, StepFailed } from "./event";

/** The log as replay and people read it: voided events keep their positions. */
export function withoutVoids(events: readonly RunEvent[]): RunEvent[] {
  const voids = new Set<number>();
  for (const event of events) {
    if (event.type === "run_retried") for (const position of event.voids) voids.add(position);
  }
  if (voids.size === 0) return events as RunEvent[];
  return events.map((event, index) =>
    voids.has(index + 1) && event.type !== "voided"
      ? { type: "voided", at: event.at, event }
      : event,
  );
}

/** Positions that have to go for the run to continue. `events` end with `run_failed`. */
export function voidsOf(events: readonly RunEvent[]): number[] {
  const failed = events.at(-1);
  if (failed?.type !== "run_failed") return [];
  const causes = causesOf(events, failed);
  const voids = [...causes, events.length];
  if (causes.length === 0) return voids;
  const [first] = causes as [number];
  const since = new Set<CallKey>();
  for (let position = first + 1; position < events.length; position++) {
    const event = events[position - 1]!;
    if (!("call" in event)) continue;
    if (isCreation(event)) since.add(event.call);
    if (causes.includes(position)) continue;
    if (since.has(event.call) || isUndoing(event)) voids.push(position);
  }
  return voids.sort((one, other) => one - other);
}

/**
 * The failed steps that brought the end about: the one whose error the run ended with, or what the
 * code had just seen; those that failed while it was waiting for the same, and those since.
 */
function causesOf(events: readonly RunEvent[], { failure, seen }: RunFailed): number[] {
  const isSame = (event: RunEvent) =>
    isFailure(event) &&
    event.failure?.message === failure.message &&
    event.failure.name === failure.name;
  const thrown = events.findLastIndex(isSame) + 1;
  const anchor = thrown > 0 ? thrown : (seen ?? events.length - 1);
  const causes: number[] = [];
  for (let position = anchor; position > 0; position--) {
    const event = events[position - 1]!;
    // The code has gone on since what was before that.
    if (isCreation(event)) break;
    if (isFailure(event)) causes.unshift(position);
  }
  if (causes.length === 0) return [];
  // What else was under way would end the run again at once: it failed just as well.
  for (let position = anchor + 1; position < events.length; position++) {
    if (isFailure(events[position - 1]!)) causes.push(position);
  }
  return causes;
}

function isFailure(event: RunEvent): event is StepFailed | ChildFailed {
  return event.type === "step_failed" || event.type === "child_failed";
}

function isCreation({ type }: RunEvent): boolean {
  return CREATIONS.has(type);
}

const CREATIONS = new Set<RunEvent["type"]>([
  ...(["step_created", "wait_created", "hook_created", "hook_conflicted"] as const),
  "child_awaited",
]);

function isUndoing({ type }: RunEvent): boolean {
  return type === "wait_cancelled" || type === "hook_disposed";
}

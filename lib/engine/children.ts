/**
 * Runs and those that they wait for or have started. Who waits is told once, when the other run is
 * over; nobody asks in between (P9).
 */
import type { CallKey } from "../contract/call";
import type { RunEvent } from "../contract/event";
import { writeFollowUp } from "../contract/follow-up";
import type { ChildOutcome } from "../contract/message";
import { TERMINAL } from "../contract/run";
import type { RunState } from "../contract/run-state";
import type { World } from "../contract/world";
import type { EngineParts } from "./engine-parts";
import { untilAnswered } from "./until-answered";

export interface Waiting {
  /** Who waits, and with which call. */
  runId: string;
  call: CallKey;
  /** For whom. */
  child: string;
}

/** Has the end of the other run told, ahead of the append by which this one waits for it. */
export async function watchChild(
  { runId, call, child }: Waiting,
  { world, patience }: EngineParts,
): Promise<ChildOutcome | null> {
  const body = writeFollowUp({ type: "tell_parent", runId, call });
  const ask = async (): Promise<ChildOutcome | null> => {
    const { status } = await world.followUps.atEnd(child, `${runId} ${call}`, body);
    // crash here: the other run's end is told to one that does not wait for it, and is not heard.
    if (status === "kept") return null;
    const end = await endOf(world, child);
    // It was retried between the two questions.
    return end?.outcome ?? ask();
  };
  return untilAnswered(ask, "wait for another run", patience);
}

/** A run that it waits for, and how that has ended. */
export type Missed = [call: CallKey, outcome: ChildOutcome];

/** While it was over nobody could tell it of others that ended; a run that goes on asks again (P2). */
export async function missedOutcomes(
  runId: string,
  { isReopened, children }: RunState,
  parts: EngineParts,
): Promise<Missed[]> {
  if (!isReopened) return [];
  const missed: Missed[] = [];
  for (const [call, child] of children) {
    const outcome = await watchChild({ runId, call, child }, parts);
    if (outcome) missed.push([call, outcome]);
  }
  return missed;
}

export interface RunEnd {
  outcome: ChildOutcome;
  /** Where it stands in the log: a run that is retried has more than one. */
  position: number;
}

/** How a run has ended; null while it has not. */
export async function endOf(world: World, runId: string): Promise<RunEnd | null> {
  const record = await world.runs.get(runId);
  if (!record) return { outcome: { reason: "not_found" }, position: 0 };
  if (!TERMINAL.has(record.status)) return null;
  const { position } = record;
  const [last] = await world.runs.read(runId, position, 1);
  switch (last?.event.type) {
    case "run_completed":
      return { outcome: { output: last.event.output }, position };
    case "run_failed":
      return { outcome: { reason: "failed", failure: last.event.failure }, position };
    case "run_cancelled":
      return { outcome: { reason: "cancelled" }, position };
    default:
      // It was removed, or has gone on, since it was read.
      return endOf(world, runId);
  }
}

export function childEvent(call: CallKey, outcome: ChildOutcome, at: number): RunEvent {
  return "output" in outcome
    ? { type: "child_completed", at, call, ...outcome }
    : { type: "child_failed", at, call, ...outcome };
}

/** Cancels a run that was started after the one whose step did it was cancelled. */
export async function cancelWithParent(
  runId: string,
  { parent, startedAt }: RunState,
  { world, patience }: EngineParts,
): Promise<boolean> {
  if (parent === undefined || startedAt !== undefined) return false;
  const record = await untilAnswered(() => world.runs.get(parent), "read a run", patience);
  if (record?.status !== "cancelled") return false;
  const followUps = [writeFollowUp({ type: "cancel_children" })];
  await untilAnswered(() => world.runs.cancel(runId, followUps), "cancel a run", patience);
  return true;
}

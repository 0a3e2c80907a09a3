/** The pure heart: code and log in, outcome out; the same on every machine, for ever. */
import type { CallKey } from "../contract/call";
import type { Command } from "../contract/command";
import { CorruptedEventLogError, type EverstepError } from "../contract/error";
import type { RunEvent } from "../contract/event";
import { withoutVoids } from "../contract/voids";
import { type ContextOptions, RunContext } from "./run-context";
import type { Ending } from "./run-host";

export type Outcome = (Ending & Finished) | Cancelled | Suspended | Stuck;

interface Finished {
  /** What the code asked for as it ended, and what therefore comes to nothing. */
  dropped: Command[];
}

export interface Cancelled {
  status: "cancelled";
}

export interface Suspended {
  status: "suspended";
  /** What the code asks for and the log does not hold yet. */
  commands: Command[];
  /** The calls in the log whose end it waits for, or has left open. */
  open: CallKey[];
}

/** The run cannot go on with this code or this log; it is parked, never failed. */
export interface Stuck {
  status: "stuck";
  error: EverstepError;
}

export function replay(events: readonly RunEvent[], options: ContextOptions): Outcome {
  const context = new RunContext(options);
  context.replay(withoutVoids(events));
  const outcome = outcomeOf(context);
  context.release();
  return outcome;
}

export function outcomeOf(context: RunContext): Outcome {
  const { trouble, closing, ending, dropped, position } = context;
  if (trouble) return { status: "stuck", error: trouble };
  if (closing?.type === "run_cancelled") return { status: "cancelled" };
  if (closing) return { status: "failed", failure: closing.failure, dropped };
  if (ending) return { ...ending, dropped };
  if (position === 0) return { status: "stuck", error: emptyLog() };
  return { status: "suspended", commands: context.takeCommands(), open: context.openCalls() };
}

function emptyLog(): EverstepError {
  return new CorruptedEventLogError("EVENT_LOG_CORRUPTED", "The log of the run is empty");
}

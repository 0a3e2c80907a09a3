/** Why a run does not go on, as it is stored and told to people (E7). */
import { EverstepError, WorkflowRuntimeError } from "../contract/error";
import type { Failure } from "../contract/event";
import type { Parked } from "../contract/run";
import type { Claim } from "../contract/world";
import { describeFailure } from "./describe-failure";
import type { EngineParts } from "./engine-parts";

export function parkedFor(error: unknown): Parked {
  if (error instanceof EverstepError) {
    // What to do about it stands below, and in the page of the code.
    const { code, at } = error;
    const message = error.message.split("\n\n")[0]!;
    return at === undefined ? { code, message } : { code, message, about: at };
  }
  const stack = error instanceof Error ? error.stack : String(error);
  return { code: "ENGINE_FAILED", message: `everstep failed on this run: ${stack}` };
}

export function noProgress({ runId, claims }: Claim): WorkflowRuntimeError {
  return new WorkflowRuntimeError(
    "RUN_MAKES_NO_PROGRESS",
    `Run "${runId}" was begun ${claims - 1} times in a row, and its process ended each time`,
  );
}

/** This one fails the run: it is a limit that its user has set, or could. */
export function tooLong({ limits, codec }: EngineParts): Failure {
  const most = limits.events.toLocaleString("en-US");
  const message = `The run has more than ${most} events`;
  return describeFailure(new WorkflowRuntimeError("MAX_EVENTS_EXCEEDED", message), codec);
}

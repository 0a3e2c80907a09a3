/** What becomes of a step after an attempt (E6): the event that says so. Pure. */
import type { CallKey } from "../contract/call";
import { EverstepError } from "../contract/error";
import type { Failure, StepCompleted, StepFailed, StepRetrying } from "../contract/event";
import type { OpenStep } from "../contract/run-state";
import type { StepOutcome } from "./run-step";
import type { StepSettings } from "./step-settings";

/** Attempts in a row whose process was lost, until the step is taken to be what kills it. */
const MOST_LOST = 5;
/** A step that asks to be tried again waits for whole seconds, and for one at least (ST-07). */
const RETRY_UNIT_MS = 1_000;

export type Verdict = StepCompleted | StepFailed | StepRetrying;

export interface Judged {
  call: CallKey;
  /** The id of the step function. */
  id: string;
  step: OpenStep;
  settings: StepSettings;
}

export function verdictOf(
  { call, id, step, settings }: Judged,
  outcome: Exclude<StepOutcome, { type: "unable" }>,
  at: number,
): Verdict {
  if (outcome.type === "returned") {
    return { type: "step_completed", at, call, output: outcome.output };
  }
  const { failure } = outcome;
  const { maxRetries } = settings;
  if (outcome.type === "threw" && outcome.isFatal)
    return { type: "step_failed", at, call, failure };
  if (step.failures >= maxRetries) {
    const retries = `${maxRetries} ${maxRetries === 1 ? "retry" : "retries"}`;
    const message = `Step "${id}" failed after ${retries}: ${failure.message}`;
    return { type: "step_failed", at, call, failure: { ...failure, message } };
  }
  const asked = outcome.type === "threw" ? outcome.retryAfter : undefined;
  const pause = asked === undefined ? settings.pauseMs(step.failures + 1) : pauseUntil(asked, at);
  const { attempts: attempt } = step;
  return { type: "step_retrying", at, call, attempt, failure, retryAt: at + pause };
}

/** Null while a lost attempt is made up for by another one. */
export function verdictOfLost(
  { call, id, step, settings }: Judged,
  at: number,
  encodeError: (error: unknown) => string,
): StepFailed | null {
  const most = settings.maxRetries === 0 ? 1 : MOST_LOST;
  if (step.lost < most) return null;
  const times = step.lost === 1 ? "" : ` ${step.lost} times in a row`;
  const error = new EverstepError(
    "STEP_LOST",
    `Step "${id}" was lost${times}: its process ended each time before the step did`,
  );
  const { name, message, code } = error;
  const failure: Failure = { name, message, code, value: encodeError(error) };
  return { type: "step_failed", at, call, failure };
}

function pauseUntil(moment: number, now: number): number {
  return Math.max(1, Math.ceil((moment - now) / RETRY_UNIT_MS)) * RETRY_UNIT_MS;
}

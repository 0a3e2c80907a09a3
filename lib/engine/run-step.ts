/**
 * One attempt of a step: arguments in, body, outcome. It never throws and writes nothing; what becomes
 * of the outcome is for the owner of the run.
 */
import type { Codec } from "../codec/codec";
import { EverstepError, SerializationError } from "../contract/error";
import type { Encoded, Failure, StepCreated } from "../contract/event";
import { FatalError, RetryableError } from "../contract/step-error";
import type { AttemptSignal } from "./attempt-signal";
import { describeFailure } from "./describe-failure";
import { encodeWithBodies } from "./encode-with-bodies";
import { type AttemptFacts, StepScope, stepScope } from "./step-scope";
import type { StepSettings } from "./step-settings";

export type StepOutcome =
  | { type: "returned"; output: Encoded }
  | { type: "threw"; failure: Failure; isFatal: boolean; retryAfter?: number }
  | { type: "timed_out"; failure: Failure }
  /** It was never called: what it needs of this process is missing. */
  | { type: "unable"; error: EverstepError };

/** Called with the decoded arguments, and with the receiver if there is one. */
export type StepBody = (
  receiver: unknown,
  args: unknown[],
  captured: object | undefined,
  abort: AttemptSignal,
) => unknown;

export interface Attempt {
  facts: AttemptFacts;
  created: StepCreated;
  settings: StepSettings;
  body: StepBody;
  abort: AttemptSignal;
}

export function runStep(attempt: Attempt, codec: Codec): Promise<StepOutcome> {
  const { facts, abort, settings } = attempt;
  let given: Given;
  try {
    given = decodeGiven(attempt.created, codec);
  } catch (error) {
    return Promise.resolve({ type: "unable", error: asUnable(error, facts.step) });
  }
  const finishing = callBody(attempt, given, codec);
  if (settings.timeoutMs === Infinity) return finishing;
  return withinTime(finishing, settings.timeoutMs, () => {
    const timeUp = new TimeUp(`Step "${facts.step}" took longer than ${settings.timeoutMs} ms`);
    abort.abort(timeUp);
    return { type: "timed_out", failure: describeFailure(timeUp, codec) };
  });
}

interface Given {
  receiver: unknown;
  args: unknown[];
  captured: object | undefined;
}

function decodeGiven({ input, receiver, captured }: StepCreated, codec: Codec): Given {
  return {
    args: codec.decode(input) as unknown[],
    receiver: receiver === undefined ? undefined : codec.decode(receiver),
    captured: captured === undefined ? undefined : (codec.decode(captured) as object),
  };
}

async function callBody(
  { facts, abort, body }: Attempt,
  { receiver, args, captured }: Given,
  codec: Codec,
): Promise<StepOutcome> {
  let result: unknown;
  try {
    const scope = new StepScope(facts, abort);
    result = await stepScope.run(scope, body, receiver, args, captured, abort);
  } catch (thrown) {
    return whatThrew(thrown, codec);
  }
  try {
    const encoded = encodeWithBodies(codec, result, "step return value", abort);
    const output = typeof encoded === "string" ? encoded : await encoded;
    return { type: "returned", output };
  } catch (error) {
    if (!SerializationError.is(error)) return whatThrew(error, codec);
    // Running it again would give the same, and do its work twice (ST-22).
    return { type: "threw", failure: describeFailure(error, codec), isFatal: true };
  }
}

function whatThrew(thrown: unknown, codec: Codec): StepOutcome {
  const failure = describeFailure(thrown, codec);
  const isFatal = FatalError.is(thrown);
  if (!RetryableError.is(thrown)) return { type: "threw", failure, isFatal };
  const retryAfter = Number(thrown.retryAfter);
  const outcome = { type: "threw", failure, isFatal } as const;
  return Number.isFinite(retryAfter) ? { ...outcome, retryAfter } : outcome;
}

/** An argument of a class that is not there, say: nothing that the step itself did. */
function asUnable(error: unknown, step: string): EverstepError {
  if (error instanceof EverstepError) return error;
  const message = `The arguments of step "${step}" cannot be read: ${String(error)}`;
  return new SerializationError("VALUE_UNREADABLE", message, { cause: error });
}

class TimeUp extends Error {
  override readonly name = "TimeoutError";
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The body may go on; what it gives then comes too late. */
function withinTime(
  finishing: Promise<StepOutcome>,
  ms: number,
  onTimeUp: () => StepOutcome,
): Promise<StepOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(onTimeUp()), Math.min(ms, LONGEST_TIMER_MS));
    void finishing.then((outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    });
  });
}

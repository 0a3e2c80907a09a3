/**
 * One attempt of a step: arguments in, body, outcome. It never throws and writes nothing; what becomes
 * of the outcome is for the owner of the run.
 */
import type { Codec } from "../codec/codec";
import { EverstepError, SerializationError } from "../contract/error";
import type { Encoded, Failure, StepCreated } from "../contract/event";
import { FatalError, RetryableError } from "../contract/step-error";
import type { AttemptStreams } from "../streams/attempt-streams";
import { inPlace } from "../streams/place";
import type { AttemptSignal } from "./attempt-signal";
import { describeFailure } from "./describe-failure";
import { encodeWithBodies } from "./encode-with-bodies";
import { type AttemptFacts, StepScope, stepScope } from "./step-scope";
import type { StepSettings } from "./step-settings";
import type { EngineClock } from "./world-clock";

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
  streams: AttemptStreams;
  /** The body needs its slot no longer. */
  freeSlot(): void;
}

export interface RunningStep {
  outcome: Promise<StepOutcome>;
  /** When the body itself is done, where that may be later than the outcome. */
  ended: Promise<unknown> | null;
}

export function runStep(attempt: Attempt, codec: Codec, clock: EngineClock): RunningStep {
  const { facts, abort, settings, streams } = attempt;
  let given: Given;
  try {
    given = inPlace(streams, () => decodeGiven(attempt.created, codec));
  } catch (error) {
    const unable: StepOutcome = { type: "unable", error: asUnable(error, facts.step) };
    return { outcome: Promise.resolve(unable), ended: null };
  }
  const ended = callBody(attempt, given, codec, clock);
  if (settings.timeoutMs === Infinity) return { outcome: ended, ended: null };
  const outcome = withinTime(ended, settings.timeoutMs, clock, () => {
    const timeUp = new TimeUp(`Step "${facts.step}" took longer than ${settings.timeoutMs} ms`);
    abort.abort(timeUp);
    streams.abandon(timeUp);
    return { type: "timed_out", failure: describeFailure(timeUp, codec) };
  });
  return { outcome, ended };
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

/** What the body has written to streams is stored before its outcome is known. */
async function callBody(
  attempt: Attempt,
  given: Given,
  codec: Codec,
  clock: EngineClock,
): Promise<StepOutcome> {
  const outcome = await outcomeOfBody(attempt, given, codec, clock);
  const { streams } = attempt;
  if (streams.isUsed) await streams.finish(outcome.type === "returned");
  else streams.end();
  return outcome;
}

async function outcomeOfBody(
  { facts, abort, body, streams, freeSlot }: Attempt,
  { receiver, args, captured }: Given,
  codec: Codec,
  clock: EngineClock,
): Promise<StepOutcome> {
  let result: unknown;
  try {
    const scope = new StepScope(facts, abort, freeSlot, streams);
    result = await stepScope.run(scope, body, receiver, args, captured, abort);
  } catch (thrown) {
    return whatThrew(thrown, codec, clock);
  }
  try {
    // Asked for its signal only where something has to be read.
    const options = {
      place: streams,
      get signal() {
        return abort.signal;
      },
    };
    const encoded = encodeWithBodies(codec, result, "step return value", options);
    const output = typeof encoded === "string" ? encoded : await encoded;
    return { type: "returned", output };
  } catch (error) {
    if (!isRefusal(error)) return whatThrew(error, codec, clock);
    // Running it again would give the same, and do its work twice (ST-22).
    return { type: "threw", failure: describeFailure(error, codec), isFatal: true };
  }
}

function whatThrew(thrown: unknown, codec: Codec, clock: EngineClock): StepOutcome {
  const failure = describeFailure(thrown, codec);
  const isFatal = FatalError.is(thrown);
  const retryAfter = RetryableError.is(thrown) ? readRetryAfter(thrown) : null;
  const outcome = { type: "threw", failure, isFatal } as const;
  if (retryAfter === null) return outcome;
  return { ...outcome, retryAfter: clock.worldTimeOf(retryAfter) };
}

/** Null for what is no moment; it may come from another copy, or be no RetryableError of ours at all. */
function readRetryAfter(thrown: object): number | null {
  try {
    const moment = Number((thrown as { retryAfter?: unknown }).retryAfter);
    return Number.isFinite(moment) ? moment : null;
  } catch {
    return null;
  }
}

/** An argument of a class that is not there, say: nothing that the step itself did. */
function asUnable(error: unknown, step: string): EverstepError {
  if (error instanceof EverstepError) return error;
  const message = `The arguments of step "${step}" cannot be read: ${String(error)}`;
  return new SerializationError("VALUE_UNREADABLE", message, { cause: error });
}

/** What the user's own code threw while it was read may be anything. */
function isRefusal(error: unknown): boolean {
  try {
    return SerializationError.is(error);
  } catch {
    return false;
  }
}

class TimeUp extends Error {
  override readonly name = "TimeoutError";
}

/** The body may go on; what it gives then comes too late. */
function withinTime(
  finishing: Promise<StepOutcome>,
  ms: number,
  clock: EngineClock,
  onTimeUp: () => StepOutcome,
): Promise<StepOutcome> {
  return new Promise((resolve) => {
    const stop = clock.startLimit(ms, () => resolve(onTimeUp()));
    void finishing.then((outcome) => {
      stop();
      resolve(outcome);
    });
  });
}

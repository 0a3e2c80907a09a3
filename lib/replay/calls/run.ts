/**
 * A run that a step has given to the workflow, such as one that it started. What is asked of it is
 * asked by a step. Its result is waited for in the log: nobody asks, the end of that run is told.
 */
import {
  WorkflowRunCancelledError,
  WorkflowRunFailedError,
  WorkflowRunNotFoundError,
} from "../../contract/error";
import { BUILTIN_STEP } from "../../contract/builtin-step";
import type { ChildFailed } from "../../contract/event";
import type { Prelude } from "../../contract/prelude";
import {
  RUN_ORDERS,
  RUN_QUESTIONS,
  type RunOrder,
  type RunQuestion,
} from "../../contract/run-value";
import { wrongPlace } from "../../contract/wrong-place";
import { type CodecType, textPart } from "../../codec/codec-type";
import { parseJson } from "../globals/intrinsics";
import type { Runtime } from "../realm/runtime";
import { type NamedStream, streamOf } from "./writable";

const RealmPromise = Promise;

export class RunCalls {
  constructor(
    private readonly runtime: () => Runtime,
    private readonly call: Prelude["call"],
  ) {}

  readonly type: CodecType = {
    name: "Run",
    prototype: RunHandle.prototype,
    is: (value) => RunHandle.isHandle(value),
    toParts: (value) => [(value as RunHandle).runId],
    create: (parts) => new RunHandle(textPart(parts, 0), this),
  };

  ask(runId: string, what: RunQuestion | RunOrder, args: unknown[]): Promise<unknown> {
    return this.call(BUILTIN_STEP.askRun, undefined, [runId, what, args]);
  }

  result(runId: string): Promise<unknown> {
    const runtime = this.runtime();
    if (runId === runtime.facts().runId) {
      return RealmPromise.reject(wrongPlace("A run cannot wait for its own end"));
    }
    const key = runtime.nextCall(`child//=${runId}`);
    const promise = runtime.outcomeOf(key, (text) =>
      errorOf(runtime, runId, parseJson(text) as ChildEnd),
    );
    runtime.host.child(key, runId);
    return promise;
  }
}

type ChildEnd = Pick<ChildFailed, "reason" | "failure">;

function errorOf(runtime: Runtime, runId: string, { reason, failure }: ChildEnd): Error {
  if (reason === "cancelled") return new WorkflowRunCancelledError(runId);
  if (reason === "not_found" || !failure) return new WorkflowRunNotFoundError(runId);
  const { name, message, stack, code } = failure;
  const cause: Error & { code?: string } = readThrown(runtime, failure.value) ?? new Error(message);
  const facts = { name, message, ...(stack !== undefined && { stack }) };
  for (const [key, value] of Object.entries(facts)) {
    Object.defineProperty(cause, key, { value, writable: true, configurable: true });
  }
  if (code !== undefined && cause.code === undefined) cause.code = code;
  return new WorkflowRunFailedError(runId, cause);
}

/** Null where it is of a class that this workflow does not have: its text is known anyway. */
function readThrown(runtime: Runtime, text: string): Error | null {
  try {
    const thrown = runtime.codec.decode(text);
    return thrown instanceof Error ? thrown : null;
  } catch {
    return null;
  }
}

/** What the workflow holds. */
class RunHandle {
  readonly #calls: RunCalls;

  constructor(
    readonly runId: string,
    calls: RunCalls,
  ) {
    this.#calls = calls;
  }

  static isHandle(value: object): value is RunHandle {
    return #calls in value;
  }

  get returnValue(): Promise<unknown> {
    return this.#calls.result(this.runId);
  }

  /** A handle, as all streams are here; whoever reads it does that in a step, from the start. */
  get readable(): object {
    return streamOf("readable", this.runId);
  }

  getReadable(options: NamedStream & { startIndex?: number } = {}): object {
    if (options.startIndex) throw wrongPlace("A `startIndex` can only be given in a step function");
    return streamOf("readable", this.runId, options);
  }

  getChunks(): never {
    throw wrongPlace("`run.getChunks()` must be called from within a step function");
  }

  events(): never {
    throw wrongPlace("`run.events()` must be called from within a step function");
  }

  /** All else is asked by steps. */
  static {
    for (const name of RUN_QUESTIONS) {
      const get = function (this: RunHandle) {
        return this.#calls.ask(this.runId, name, []);
      };
      Object.defineProperty(this.prototype, name, { get, configurable: true });
    }
    for (const name of RUN_ORDERS) {
      const value = function (this: RunHandle, ...args: unknown[]) {
        return this.#calls.ask(this.runId, name, args);
      };
      Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
    }
  }
}

/** What workflow code can reach of runs besides themselves. */
export const RUN_CLASSES: readonly unknown[] = [RunHandle];

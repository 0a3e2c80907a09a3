/**
 * A call of a step. Arguments leave by value at the moment of the call; what cannot travel rejects
 * the call, so the workflow can catch it, and nothing is scheduled. The promise stays pending until
 * the log holds the outcome (R6).
 */
import type { Failure } from "../../contract/event";
import type { Capture, Prelude } from "../../contract/prelude";
import { FatalError } from "../../contract/step-error";
import { parseJson } from "../globals/intrinsics";
import type { Runtime } from "../realm/runtime";
import type { StepReferences } from "../realm/step-references";

const RealmPromise = Promise;

type StepCalls = Pick<Prelude, "step" | "method" | "call" | "mark">;

export function createStepCalls(runtime: Runtime, references: StepReferences): StepCalls {
  const call: Prelude["call"] = (id, receiver, args, capture) => {
    const { codec, host } = runtime;
    let input: string;
    let receiverText: string | undefined;
    let captured: string | undefined;
    try {
      input = codec.encode(args, "step arguments");
      if (receiver !== undefined) receiverText = codec.encode(receiver, "step arguments");
      if (capture !== undefined) captured = codec.encode(capture(), "step arguments");
    } catch (error) {
      return RealmPromise.reject(error);
    }
    const key = runtime.nextCall(id);
    const promise = runtime.outcomeOf(key, (text) => stepError(runtime, text));
    host.step(key, input, receiverText, captured);
    return promise;
  };
  return {
    call,
    step(id, capture) {
      return references.add(
        (...args: unknown[]) => call(id, undefined, args, capture),
        id,
        capture,
      );
    },
    method(id, capture) {
      const stub = function (this: unknown, ...args: unknown[]) {
        return call(id, this, args, capture);
      };
      return references.add(stub, id, capture);
    },
    mark(stub, id, capture?: Capture) {
      references.add(stub, id, capture);
    },
  };
}

/** What a failed step rejects with: a FatalError, as documented, with what was thrown as its cause. */
function stepError(runtime: Runtime, text: string): unknown {
  const failure = parseJson(text) as Failure;
  const cause = runtime.decode(failure.value);
  if (FatalError.is(cause) && cause.message === failure.message) return cause;
  const error = new FatalError(failure.message, { cause });
  if (failure.code !== undefined) {
    Object.defineProperty(error, "code", {
      value: failure.code,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  const stack = failure.stack ?? `${failure.name}: ${failure.message}`;
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return error;
}

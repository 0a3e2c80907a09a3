/** Step functions as values: which function of the realm stands for which step, and back. */
import type { CodecRealm } from "../../codec/codec";
import type { Capture } from "../../contract/prelude";

type AnyFunction = (...args: never[]) => unknown;

interface Reference {
  id: string;
  capture: Capture | undefined;
  receiver?: unknown;
}

export class StepReferences {
  private readonly references = new WeakMap<AnyFunction, Reference>();

  add<F extends AnyFunction>(stub: F, id: string, capture: Capture | undefined): F {
    this.references.set(stub, { id, capture });
    Object.defineProperty(stub, "stepId", { value: id, configurable: true });
    return stub;
  }

  /** The method of an object as a value of its own. */
  bind(stub: AnyFunction, receiver: unknown): AnyFunction {
    const bound = stub.bind(receiver as never) as AnyFunction;
    this.references.set(bound, { ...this.references.get(stub)!, receiver });
    return bound;
  }

  /** For the codec: what travels instead of the function. */
  find(fn: AnyFunction): ReturnType<CodecRealm["stepOf"]> {
    const reference = this.references.get(fn);
    if (reference === undefined) return null;
    const { id, capture, receiver } = reference;
    return {
      id,
      ...(capture !== undefined && { captured: capture() }),
      ...(receiver !== undefined && { receiver }),
    };
  }
}

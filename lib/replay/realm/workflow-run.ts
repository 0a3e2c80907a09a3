/** The workflow function itself: loading it, calling it, and reporting how it ended. */
import type { BundleScript } from "../../contract/bundle";
import { WorkflowNotRegisteredError } from "../../contract/error";
import type { Failure } from "../../contract/event";
import { hintFor } from "../globals/hints";
import type { Runtime } from "./runtime";

type AnyFunction = (...args: never[]) => unknown;

interface Registered {
  fn: AnyFunction;
  /** The class of a static method, so that `this` is what it was in the source. */
  receiver: unknown;
}

const RealmPromise = Promise;
const thenOf = Promise.prototype.then;
const callOn = Reflect.apply;

export class WorkflowRun {
  private readonly registered = new Map<string, Registered>();
  private script: BundleScript | undefined;

  constructor(private readonly runtime: Runtime) {}

  load(script: BundleScript): void {
    this.script = script;
  }

  register<F extends AnyFunction>(id: string, fn: F, receiver: unknown): F {
    this.registered.set(id, { fn, receiver });
    return fn;
  }

  start(input: string): void {
    try {
      const { fn, receiver } = this.find(this.runtime.facts().workflow);
      const args = this.runtime.codec.decode(input) as never[];
      const result = RealmPromise.resolve(callOn(fn, receiver, args));
      void thenOf.call(
        result,
        (value) => this.complete(value),
        (error) => this.fail(error),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  private find(id: string): Registered {
    const evaluate = this.script?.workflows[id];
    evaluate?.();
    const found = this.registered.get(id);
    if (found) return found;
    throw new WorkflowNotRegisteredError(
      "WORKFLOW_NOT_REGISTERED",
      `Workflow "${id}" is not registered in the current deployment.`,
    );
  }

  private complete(value: unknown): void {
    try {
      this.runtime.host.complete(this.runtime.codec.encode(value, "workflow return value"));
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.runtime.host.fail(JSON.stringify(this.describe(error)));
  }

  private describe(error: unknown): Failure {
    const value = this.runtime.codec.encodeError(error);
    const failure: Failure = { ...describeThrown(error), value };
    const hint = hintFor(error);
    if (hint !== null) failure.message = `${failure.message}. ${hint}`;
    return failure;
  }
}

/** Reading a thrown value may run code of the user, which may throw again. */
function describeThrown(error: unknown): Omit<Failure, "value"> {
  try {
    if (typeof error !== "object" || error === null || !("message" in error)) {
      return { name: "Error", message: typeof error === "string" ? error : inWords(error) };
    }
    const { name, message, stack, code } = error as Partial<Failure>;
    return {
      name: String(name ?? "Error"),
      message: String(message),
      ...(typeof stack === "string" && { stack }),
      ...(typeof code === "string" && { code }),
    };
  } catch {
    return { name: "Error", message: "An error that cannot be described" };
  }
}

function inWords(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value) ?? String(value);
}

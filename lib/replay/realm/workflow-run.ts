/** The workflow function itself: loading it, calling it, and reporting how it ended. */
import type { BundleScript } from "../../contract/bundle";
import { WorkflowNotRegisteredError } from "../../contract/error";
import type { Failure } from "../../contract/event";
import { describe } from "../../codec/describe";
import { CUT_MESSAGE, CUT_STACK } from "../../codec/limits";
import { shortened } from "../../codec/stored-failure";
import { hintFor } from "../globals/hints";
import { stringifyJson } from "../globals/intrinsics";
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
      const args = this.runtime.decode(input) as never[];
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
    const value = this.runtime.codec.encodeError(error);
    const { name, message, stack, code } = describeThrown(error);
    const hint = hintFor(error);
    const text = hint === null ? message : `${message}. ${hint}`;
    const cutStack = stack === undefined ? undefined : shortened(stack, CUT_STACK);
    this.runtime.host.fail(name, shortened(text, CUT_MESSAGE), cutStack, code, value);
  }
}

type Description = Omit<Failure, "value">;

/** Reading a thrown value may run code of the user, which may throw again. */
function describeThrown(error: unknown): Description {
  try {
    if (typeof error === "string") return { name: "Error", message: error };
    if (typeof error !== "object" || error === null || !("message" in error)) {
      return { name: "Error", message: inWords(error) };
    }
    const { name, message, stack, code } = error as Partial<Failure>;
    const description: Description = { name: `${name ?? "Error"}`, message: `${message}` };
    if (typeof stack === "string") description.stack = stack;
    if (typeof code === "string") description.code = code;
    return description;
  } catch {
    return { name: "Error", message: `What was thrown cannot be read: ${describe(error)}` };
  }
}

/** Plain data as JSON; else a name for what it is. */
function inWords(value: unknown): string {
  const isData = typeof value === "object" && value !== null && !isPromise(value);
  const json = isData ? stringifyJson(value) : undefined;
  if (json !== undefined) return json;
  if (isPromise(value)) return "Promise rejection: the workflow threw a promise";
  const isPrimitive = typeof value !== "object" && typeof value !== "function";
  return isPrimitive && typeof value !== "symbol" ? `${value as number}` : describe(value);
}

function isPromise(value: unknown): boolean {
  return value instanceof RealmPromise;
}

/**
 * What a sandbox bundle expects of the realm it is evaluated in.
 *
 * A bundle is user code only. It finds the prelude under `Symbol.for("everstep.sandbox")` on
 * `globalThis` and keeps the number of the interface it was built against; an interface is
 * supported while a live run may need it, so a change here is a new number, never an edit.
 */
import type { WorkflowApi } from "./workflow-api";

export const PRELUDE_SYMBOL = Symbol.for("everstep.sandbox");
export const PRELUDE_NUMBER = 1;

/** The values a nested step uses from the functions around it, read at the moment of the call. */
export type Capture = () => Record<string, unknown>;

type AnyFunction = (...args: never[]) => unknown;

export interface Prelude {
  /** A step-call stub that does not pass its receiver on. */
  step(id: string, capture?: Capture): AnyFunction;
  /** A step-call stub whose receiver travels with the call. */
  method(id: string, capture?: Capture): AnyFunction;
  /** The call itself, for stubs that have to stay function declarations or class methods. */
  call(id: string, receiver: unknown, args: unknown[], capture?: Capture): Promise<unknown>;
  /** Makes such a stub recognisable as the step `id` when it is used as a value. */
  mark(stub: AnyFunction, id: string, capture?: Capture): void;
  /** `receiver` is the class of a static method. */
  workflow<F extends AnyFunction>(id: string, fn: F, receiver?: unknown): F;
  class<C extends AnyFunction>(id: string, fn: C): C;
  /** The callee, told where in the source this call of `sleep`, `createHook` … stands. */
  at<F>(site: string, callee: F): F;
  /** What `everstep` exports to workflow code: `sleep`, `createHook` and so on, by name. */
  readonly api: Readonly<WorkflowApi>;
  /** The slow path of a loop guard: how many more passes until it wants to be asked again. */
  tick(): number;
}

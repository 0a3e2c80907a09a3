/**
 * Other bodies for steps, while a test says so. Arguments still make the round trip, and what a mock
 * gives is recorded, tried again and timed out by the settings of the step.
 */
import { NotCompiledError } from "../contract/error";
import { findRecord } from "../contract/registry";
import type { World } from "../contract/world";
import { addMock } from "../engine/step-mocks";
import { current } from "../runtime/current";

/** A step function, as the module that has it exports it. */
export type AnyStep = (this: never, ...args: never[]) => unknown;

/** Called as the step is; it may give the result itself, or a promise of it. */
export type StepImplementation<S extends AnyStep> = (
  this: ThisParameterType<S>,
  ...args: Parameters<S>
) => ReturnType<S> | Awaited<ReturnType<S>>;

export interface StepMock {
  /** The step is itself again, or what a mock before this one made of it. */
  restore(): void;
  [Symbol.dispose](): void;
}

/** The mocks that are in place, with the world of the process when they were made. */
const active = new Map<StepMock, World | undefined>();

/** Runs of this process call `implementation` in the place of the step's body. */
export function mockStep<S extends AnyStep>(
  step: S,
  implementation: StepImplementation<S>,
): StepMock {
  const id = idOf(step);
  const call = implementation as (...args: unknown[]) => unknown;
  const remove = addMock(id, (receiver, args) => Reflect.apply(call, receiver, args));
  const mock: StepMock = {
    restore() {
      active.delete(mock);
      remove();
    },
    [Symbol.dispose]: () => mock.restore(),
  };
  active.set(mock, current().world);
  return mock;
}

/** Those of the world, and those that belong to none. */
export function restoreMocks(world: World): void {
  for (const [mock, own] of active) if (own === undefined || own === world) mock.restore();
}

function idOf(step: AnyStep): string {
  const { stepId, workflowId } = (step ?? {}) as { stepId?: unknown; workflowId?: unknown };
  const record = typeof stepId === "string" ? findRecord(stepId) : undefined;
  if (record?.kind === "step") return record.id;
  const name = typeof step === "function" && step.name !== "" ? `"${step.name}"` : "what it got";
  const what =
    typeof workflowId === "string"
      ? `${name} is a workflow; mock the steps that it calls`
      : `${name} is none: "use step" is missing, or nothing has compiled its file`;
  throw new NotCompiledError("NOT_COMPILED", `mockStep takes a step function, and ${what}`);
}

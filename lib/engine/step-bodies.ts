/** The functions that run as steps: those that the app's modules registered, and our own. */
import { WorkflowRuntimeError } from "../contract/error";
import { findRecord, type RegisteredFunction, type RegistryRecord } from "../contract/registry";
import type { StepBody } from "./run-step";
import { builtinStep } from "./builtin-steps";
import { mockOf } from "./step-mocks";
import { readSettings, type StepSettings } from "./step-settings";

export interface FoundStep {
  body: StepBody;
  settings: StepSettings;
}

/** Throws what the run is parked for: that there is no such step, or that its options make no sense. */
export function findStep(id: string): FoundStep {
  const ours = builtinBody(id);
  if (ours) return { body: ours, settings: readSettings(id, {}) };
  const record = findRecord(id);
  if (record?.kind !== "step" && record?.kind !== "closure") throw missingStep(id);
  return { body: mockOf(record.id) ?? bodyOf(record), settings: readSettings(id, record.fn) };
}

function builtinBody(id: string): StepBody | undefined {
  if (!builtinStep(id)) return undefined;
  return (receiver, args, _captured, abort) => builtinStep(id, abort)!(receiver, args);
}

export function hasStep(id: string): boolean {
  const kind = findRecord(id)?.kind;
  return builtinStep(id) !== undefined || kind === "step" || kind === "closure";
}

function bodyOf({ kind, fn }: RegistryRecord): StepBody {
  if (kind === "step") return (receiver, args) => Reflect.apply(fn, receiver, args as never[]);
  const make = fn as (this: unknown, captured: object) => RegisteredFunction;
  return (receiver, args, captured = {}) => {
    const step = make.call((captured as { this?: unknown }).this, captured);
    return Reflect.apply(step, receiver, args as never[]);
  };
}

function missingStep(id: string): WorkflowRuntimeError {
  return new WorkflowRuntimeError(
    "STEP_NOT_REGISTERED",
    `Step "${id}" is not registered in the current deployment.`,
    { at: id },
  );
}

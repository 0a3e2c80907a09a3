/** The bodies of the steps that everstep brings along. */
import { BUILTIN_STEP } from "../contract/builtin-step";
import { fetchStep } from "./fetch-step";
import { readBodyStep } from "./read-body-step";
import { askRunStep } from "./run-values";

export interface BuiltinStepOptions {
  /** Of the attempt. Asked for when the body needs it. */
  readonly signal?: AbortSignal | undefined;
}

/** Called with the decoded arguments, and with the receiver if there is one. */
export type BuiltinStepBody = (receiver: unknown, args: unknown[]) => Promise<unknown>;

/** Undefined for an id that is none of theirs. */
export function builtinStep(
  id: string,
  options: BuiltinStepOptions = {},
): BuiltinStepBody | undefined {
  switch (id) {
    case BUILTIN_STEP.fetch:
      return (_receiver, args) => fetchStep(args, options.signal);
    case BUILTIN_STEP.readBody:
      return (receiver, [form]) => readBodyStep(receiver, form);
    case BUILTIN_STEP.askRun:
      return (_receiver, args) => askRunStep(args);
    default:
      return undefined;
  }
}

/** The options of a step as the engine uses them; what makes no sense is refused by name. */
import { type DurationText, parseDuration } from "../contract/duration";
import { WorkflowRuntimeError } from "../contract/error";
import type { Backoff, StepOptions } from "../contract/step-options";

export interface StepSettings {
  maxRetries: number;
  timeoutMs: number;
  concurrency: number;
  /** Milliseconds before the attempt that follows this many failures. */
  pauseMs(failures: number): number;
}

const USUAL_RETRIES = 3;
const USUAL_PAUSE_MS = 1_000;
const USUAL_FACTOR = 2;
const LONGEST_PAUSE_MS = 3_600_000;

export function readSettings(id: string, options: StepOptions): StepSettings {
  const { maxRetries, timeout, backoff, concurrency } = options;
  return {
    maxRetries: count(id, "maxRetries", maxRetries, 0) ?? USUAL_RETRIES,
    timeoutMs: duration(id, "timeout", timeout) ?? Infinity,
    concurrency: count(id, "concurrency", concurrency, 1) ?? Infinity,
    pauseMs: readBackoff(id, backoff),
  };
}

function readBackoff(id: string, backoff: StepOptions["backoff"]): StepSettings["pauseMs"] {
  if (typeof backoff !== "object") {
    const pause = duration(id, "backoff", backoff) ?? USUAL_PAUSE_MS;
    return () => pause;
  }
  const given: Partial<Backoff> = backoff ?? {};
  const initial = duration(id, "backoff.initial", given.initial) ?? USUAL_PAUSE_MS;
  const max = duration(id, "backoff.max", given.max) ?? LONGEST_PAUSE_MS;
  const { factor = USUAL_FACTOR } = given;
  if (typeof factor !== "number" || !(factor >= 1)) {
    throw invalid(id, "backoff.factor", factor, "a number from 1");
  }
  return (failures) => Math.min(max, initial * factor ** Math.max(0, failures - 1));
}

function count(id: string, name: string, value: unknown, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (value === Infinity || (Number.isInteger(value) && (value as number) >= least)) {
    return value as number;
  }
  throw invalid(id, name, value, `a whole number from ${least}`);
}

function duration(
  id: string,
  name: string,
  value: DurationText | number | undefined,
): number | undefined {
  if (value === undefined) return undefined;
  try {
    return parseDuration(value);
  } catch {
    throw invalid(id, name, value, 'milliseconds, or a duration such as "30s"');
  }
}

function invalid(id: string, name: string, value: unknown, expected: string): WorkflowRuntimeError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new WorkflowRuntimeError(
    "STEP_OPTION_INVALID",
    `\`${name}\` of step "${id}" is ${shown}, and must be ${expected}`,
  );
}

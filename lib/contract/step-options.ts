/**
 * What a step may be told beside its directive: `charge.maxRetries = 5`, `charge.timeout = "30s"`; and a
 * workflow: `order.concurrency = 2`.
 */
import type { DurationText } from "./duration";

export interface StepOptions {
  /** How often it is tried again after it threw or took too long: 3 times unless it says so. */
  maxRetries?: number;
  /** How long one attempt may take; as long as it likes unless it says so. */
  timeout?: DurationText | number;
  /** How long to wait before it is tried again: a second each time unless it says so. */
  backoff?: DurationText | number | Backoff;
  /** How many attempts of this step run at once, in all processes together where the world is shared. */
  concurrency?: number;
  /** Ids that this step answered to before it was moved or renamed. */
  formerly?: string[];
}

export interface WorkflowOptions {
  /** How many runs of it go on at once, in all processes together; the others wait to begin. */
  concurrency?: number;
}

/** Each wait is `factor` times as long as the one before. */
export interface Backoff {
  /** A second, unless it is given. */
  initial?: DurationText | number;
  /** 2, unless it is given. */
  factor?: number;
  /** An hour, unless it is given. */
  max?: DurationText | number;
}

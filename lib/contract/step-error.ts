/**
 * The two errors by which a step says what is to become of it. They are known by name: they cross
 * realms and copies of the package.
 */
import { type DurationText, parseMoment } from "./duration";

/** The step fails now, whatever retries are left. */
export class FatalError extends Error {
  readonly fatal = true;

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FatalError";
  }

  static is(value: unknown): value is FatalError {
    return nameOf(value) === "FatalError";
  }
}

export interface RetryableErrorOptions extends ErrorOptions {
  /** Milliseconds or a duration from now, or the moment itself; a second from now by default. */
  retryAfter?: DurationText | number | Date;
}

/** The step is tried again at a time of its own choice. */
export class RetryableError extends Error {
  readonly retryAfter: Date;

  constructor(message?: string, options: RetryableErrorOptions = {}) {
    super(message, options);
    this.name = "RetryableError";
    this.retryAfter = new Date(parseMoment(options.retryAfter ?? 1000, Date.now()));
  }

  static is(value: unknown): value is RetryableError {
    return nameOf(value) === "RetryableError";
  }
}

/** Whatever was thrown may be asked, also what throws when it is looked at. */
function nameOf(value: unknown): unknown {
  try {
    return typeof value === "object" && value !== null ? (value as Partial<Error>).name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Every error of everstep: the classes that carry the codes of the table.
 *
 * Errors are told apart by `code` or by `is()`, never by `instanceof`: they cross realms, threads
 * and copies of the package.
 */
import { ERROR_TABLE, type ErrorCode } from "./error-table";
import { describePath, type PayloadIssue } from "./standard-schema";
import { maskToken } from "./token";

export { ERROR_TABLE, type ErrorCode, type ErrorEntry } from "./error-table";

export interface ErrorDetails {
  cause?: unknown;
  /** `file:line:column`, or whatever names the place best. */
  at?: string;
  /** The message already says what to do. */
  isComplete?: boolean;
}

/** One finding of the compiler. */
export interface Diagnostic {
  code: ErrorCode;
  message: string;
  file: string;
  line: number;
  column: number;
  /** The lines around the place, with a caret under it. */
  frame: string;
}

const BRAND = Symbol.for("everstep.error");

/** The root of all errors that everstep raises itself. */
export class EverstepError extends Error {
  /** Names the class where `instanceof` cannot be trusted; kept when a bundler renames classes. */
  static readonly brand: string = "EverstepError";

  readonly code: ErrorCode;
  readonly remedy: string;
  readonly at: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(
      details.isComplete ? message : message + advice(code),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = new.target.brand;
    this.code = code;
    // Node prints enumerable properties below the message, which already says all of this.
    this.remedy = hidden(this, "remedy", ERROR_TABLE[code].remedy);
    this.at = hidden(this, "at", details.at);
    Object.defineProperty(this, BRAND, { value: new.target.brand });
  }

  /** True for an error of exactly this class, whichever copy of the package or realm made it. */
  static is<E extends EverstepError>(
    this: { brand: string; prototype: E },
    value: unknown,
  ): value is E {
    return typeof value === "object" && value !== null && brandOf(value) === this.brand;
  }
}

/** Source code that the compiler refuses; `diagnostics` has every finding of the file. */
export class CompileError extends EverstepError {
  static override readonly brand = "CompileError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(first: Diagnostic, others: readonly Diagnostic[] = []) {
    const all = [first, ...others];
    const message = all.map((each) => describe(each) + advice(each.code)).join("\n\n");
    const at = `${first.file}:${first.line}:${first.column}`;
    super(first.code, message, { at, isComplete: true });
    this.diagnostics = hidden(this, "diagnostics", all);
  }
}

/** The build could not make a bundle, and wrote nothing; `errors` has every finding. */
export class BuildError extends EverstepError {
  static override readonly brand = "BuildError";
  errors: readonly EverstepError[] = [];
}

/** The app's bundle is missing, or is not the one its code was compiled for. */
export class BundleError extends EverstepError {
  static override readonly brand = "BundleError";
}

/** A function with a directive reached the runtime without having been compiled. */
export class NotCompiledError extends EverstepError {
  static override readonly brand = "NotCompiledError";
}

/** Another hook has the token. */
export class HookConflictError extends EverstepError {
  static override readonly brand = "HookConflictError";

  constructor(
    readonly token: string,
    /** The run that has it, where it is known. */
    readonly conflictingRunId?: string,
  ) {
    const owner = conflictingRunId === undefined ? "" : ` (run "${conflictingRunId}")`;
    super("HOOK_CONFLICT", `Hook token "${token}" is already in use by another workflow${owner}`);
  }
}

/** A stream that cannot be read on, or written to. */
export class StreamError extends EverstepError {
  static override readonly brand = "StreamError";
}

/** A request to a webhook that waits for the workflow to answer, and gets no answer. */
export class WebhookReplyError extends EverstepError {
  static override readonly brand = "WebhookReplyError";
}

/** No open hook has the token; with code `HOOK_GONE` if one had it. */
export class HookNotFoundError extends EverstepError {
  static override readonly brand = "HookNotFoundError";

  constructor(
    readonly token: string,
    /** Why it is gone, where that is known. */
    gone?: string,
  ) {
    // Messages end in logs, and who has a token may speak to its run.
    const why = gone ?? `no run waits for the token "${maskToken(token)}"`;
    super(gone === undefined ? "HOOK_NOT_FOUND" : "HOOK_GONE", `Hook not found: ${why}`);
  }
}

/** The payload is not what the schema of its hook asks for. */
export class HookPayloadError extends EverstepError {
  static override readonly brand = "HookPayloadError";

  constructor(
    message: string,
    readonly issues: readonly PayloadIssue[],
    details: ErrorDetails = {},
  ) {
    super("HOOK_PAYLOAD_INVALID", message, details);
  }

  /** All that is wrong, in one line. */
  static of(hook: string | undefined, issues: readonly PayloadIssue[]): HookPayloadError {
    const name = hook === undefined ? "" : ` for hook "${hook}"`;
    const found = issues.map((issue) => `${describePath(issue) || "the payload"} ${issue.message}`);
    return new HookPayloadError(`The payload${name} was refused: ${found.join("; ")}`, issues);
  }
}

/** The bundle of the run has no workflow of this id. */
export class WorkflowNotRegisteredError extends EverstepError {
  static override readonly brand = "WorkflowNotRegisteredError";
}

/** The code takes another path than the log of the run. */
export class ReplayDivergenceError extends EverstepError {
  static override readonly brand = "ReplayDivergenceError";
}

/** The log of the run holds what no run could have written. */
export class CorruptedEventLogError extends EverstepError {
  static override readonly brand = "CorruptedEventLogError";
}

/** Workflow code ran without a pause for longer than it may. */
export class WorkflowBlockedError extends EverstepError {
  static override readonly brand = "WorkflowBlockedError";
}

/** Something was used where it cannot work. */
export class WorkflowRuntimeError extends EverstepError {
  static override readonly brand = "WorkflowRuntimeError";
}

/** A value that cannot be stored, or stored text that cannot become a value again. */
export class SerializationError extends EverstepError {
  static override readonly brand = "SerializationError";
  /** Where in the value: `[0].order.items[2]`; empty for the value itself. */
  readonly path: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails & { path?: string } = {}) {
    super(code, message, details);
    this.path = hidden(this, "path", details.path ?? "");
  }
}

/** The run has failed; `cause` is what its workflow threw. */
export class WorkflowRunFailedError extends EverstepError {
  static override readonly brand = "WorkflowRunFailedError";
  override readonly cause: Error & { code?: string };

  constructor(
    readonly runId: string,
    cause: Error & { code?: string },
  ) {
    super("RUN_FAILED", `Workflow run "${runId}" failed: ${cause.message}`, { isComplete: true });
    this.cause = hidden(this, "cause", cause);
  }
}

/** The run was cancelled. */
export class WorkflowRunCancelledError extends EverstepError {
  static override readonly brand = "WorkflowRunCancelledError";

  constructor(readonly runId: string) {
    super("RUN_CANCELLED", `Workflow run "${runId}" cancelled`, { isComplete: true });
  }
}

/** There is no run of that id. */
export class WorkflowRunNotFoundError extends EverstepError {
  static override readonly brand = "WorkflowRunNotFoundError";

  constructor(readonly runId: string) {
    super("RUN_NOT_FOUND", `Workflow run "${runId}" not found`);
  }
}

/** What was asked for does not fit the state that is there. */
export class EntityConflictError extends EverstepError {
  static override readonly brand = "EntityConflictError";
}

/** What stores the runs cannot do so. */
export class WorldError extends EverstepError {
  static override readonly brand = "WorldError";
}

/** What a test waited for did not come. */
export class WaitFailedError extends EverstepError {
  static override readonly brand = "WaitFailedError";

  constructor(
    code: "WAIT_TIMED_OUT" | "WAIT_IN_VAIN",
    readonly runId: string,
    message: string,
  ) {
    super(code, message);
  }
}

/** A scenario failed when its process died at this point; `cause` is what it threw. */
export class CrashPointError extends EverstepError {
  static override readonly brand = "CrashPointError";

  constructor(
    /** The number of the append, from 1. */
    readonly append: number,
    /** Whether the append was stored when the process died. */
    readonly face: "before" | "after",
    message: string,
    cause: unknown,
  ) {
    super("CRASH_POINT_FAILED", message, { cause });
  }
}

/** The command line was used wrongly. */
export class UsageError extends EverstepError {
  static override readonly brand = "UsageError";
}

export function errorPage(code: ErrorCode): string {
  return `everstep/docs/errors/${code}.md`;
}

function hidden<V>(error: object, name: string, value: V): V {
  Object.defineProperty(error, name, { value, enumerable: false, configurable: true });
  return value;
}

function describe({ message, line, column, frame }: Diagnostic): string {
  return `${message} (${line}:${column})\n\n${frame}`;
}

function advice(code: ErrorCode): string {
  return `\n\n${ERROR_TABLE[code].remedy} (${code}, see ${errorPage(code)})`;
}

function brandOf(value: object): unknown {
  return (value as { [BRAND]?: unknown })[BRAND];
}

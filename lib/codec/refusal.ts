/**
 * What is thrown inside the codec when a value cannot be stored. It is no Error, so that it costs no
 * stack and can be told from whatever user code throws; at the door it becomes one.
 */
import { SerializationError } from "../contract/error";
import { MAX_DEPTH, MAX_TEXT } from "./limits";

/** How a value is called in messages. */
export type ValueName =
  | "workflow arguments"
  | "workflow return value"
  | "step arguments"
  | "step return value"
  | "hook payload"
  | "hook metadata"
  | "run metadata"
  | "stream chunk"
  | "error";

type RefusalCode = "VALUE_NOT_SERIALIZABLE" | "VALUE_TOO_DEEP" | "VALUE_TOO_LARGE";

const ADVICE =
  "Ensure you're passing serializable types (plain objects, arrays, primitives, Date, RegExp, Map, Set).";
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
/** A path is for people; one through a thousand levels is cut in the middle. */
const LONGEST_PATH = 300;
const LONGEST_KEY = 80;

export class Refusal {
  /** From the inside out: each level adds its own while the refusal passes through it. */
  private readonly segments: string[] = [];

  constructor(
    readonly code: RefusalCode,
    readonly found: string,
    readonly cause?: unknown,
  ) {}

  within(segment: string): this {
    this.segments.push(segment);
    return this;
  }

  path(): string {
    const path = [...this.segments].reverse().join("");
    return path.length <= LONGEST_PATH
      ? path
      : `${path.slice(0, LONGEST_PATH / 2)}…${path.slice(-LONGEST_PATH / 2)}`;
  }

  toError(what: ValueName): SerializationError {
    const path = this.path();
    const at = path === "" ? "" : ` at path "${path}"`;
    const start = `Failed to serialize ${what}${at}`;
    const message =
      this.code === "VALUE_NOT_SERIALIZABLE"
        ? `${start}. ${ADVICE} Found ${this.found}.`
        : `${start}: found ${this.found}.`;
    return new SerializationError(this.code, message, { path, cause: this.cause });
  }
}

export function notSerializable(found: string, cause?: unknown): Refusal {
  return new Refusal("VALUE_NOT_SERIALIZABLE", found, cause);
}

export function tooDeep(): Refusal {
  return new Refusal(
    "VALUE_TOO_DEEP",
    `more levels of nesting than the ${MAX_DEPTH.toLocaleString("en-US")} that can be stored`,
  );
}

export function tooLarge(found = `more than ${MAX_TEXT.toLocaleString("en-US")} characters`) {
  return new Refusal("VALUE_TOO_LARGE", found);
}

/** What user code threw while its value was read, or the stack that ended, as a refusal. */
export function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (isStackOverflow(thrown)) return tooDeep();
  return notSerializable(`a property that throws${shownMessage(thrown)}`, thrown);
}

/** Empty where there is none: what is thrown may be anything, and may throw when it is read. */
export function messageOf(thrown: unknown): string {
  try {
    const { message } = thrown as Partial<Error>;
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}

/** ` (message)`, or nothing. */
export function shownMessage(thrown: unknown): string {
  const message = messageOf(thrown);
  return message === "" ? "" : ` (${message.slice(0, 200)})`;
}

/** The stack may end in any realm, so the class of the error says nothing. */
export function isStackOverflow(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null) return false;
  try {
    const { name, message } = thrown as Partial<Error>;
    return name === "RangeError" && message === "Maximum call stack size exceeded";
  } catch {
    return false;
  }
}

/** `.price`, or `["odd key"]`. */
export function propertyPath(key: string): string {
  return key.length <= LONGEST_KEY && IDENTIFIER.test(key) ? `.${key}` : `[${quoted(key)}]`;
}

export function quoted(key: string): string {
  return JSON.stringify(key.length <= LONGEST_KEY ? key : `${key.slice(0, LONGEST_KEY)}…`);
}

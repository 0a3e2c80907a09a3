/**
 * Whatever was thrown, as text. A failure that cannot be stored would be lost, and its run with it,
 * so this never throws: what cannot travel is described, what is too long is cut.
 */
import { describe } from "./describe";
import { CUT_CAUSES, CUT_MESSAGE, CUT_STACK, MAX_ERROR_TEXT } from "./limits";
import { RICH } from "./marks";
import type { ValueName } from "./refusal";
import { DATE } from "./rows/dates";
import { createStandardError, isError, standardNameOf } from "./rows/errors";
import { define } from "./codec-type";

/** Ready text: where the stack has come to its end there is no room to make any. */
const LAST_RESORT = `${RICH}["~Error","Error","-message","What was thrown could not be stored","-stack",""]`;

type Encode = (value: unknown, what: ValueName) => string;

export function createErrorEncoder(encode: Encode): (thrown: unknown) => string {
  return (thrown) => {
    try {
      return encodeWhole(thrown, encode) ?? encode(cut(thrown), "error");
    } catch {
      return LAST_RESORT;
    }
  };
}

/** Null for what cannot be stored as it is, or is too long for a log. */
function encodeWhole(thrown: unknown, encode: Encode): string | null {
  try {
    const text = encode(thrown, "error");
    return text.length <= MAX_ERROR_TEXT ? text : null;
  } catch {
    return null;
  }
}

function cut(thrown: unknown, causes = CUT_CAUSES): unknown {
  if (typeof thrown === "string") return shortened(thrown, CUT_MESSAGE);
  if (typeof thrown !== "object" || thrown === null || !isError(thrown)) return described(thrown);
  const error = failure(standardNameOf(thrown), textOf(thrown, "message"));
  const name = read(thrown, "name");
  if (typeof name === "string" && name !== error.name)
    define(error, "name", shortened(name, CUT_MESSAGE), false);
  define(error, "stack", shortened(textOf(thrown, "stack"), CUT_STACK), false);
  const code = read(thrown, "code");
  if (typeof code === "string" || typeof code === "number") {
    define(error, "code", typeof code === "string" ? shortened(code, CUT_MESSAGE) : code);
  }
  // Without it the step would be tried again at whatever time the failure is read.
  const retryAfter = read(thrown, "retryAfter");
  if (isDate(retryAfter)) define(error, "retryAfter", retryAfter);
  const cause = read(thrown, "cause");
  if (cause !== undefined && causes > 0) define(error, "cause", cut(cause, causes - 1), false);
  return error;
}

/** What is no error and cannot be stored, as an error that says so. */
function described(thrown: unknown): Error {
  const what = describe(thrown);
  if (what.startsWith("a promise")) return failure("Error", `Promise rejection: ${what}`);
  const message = typeof thrown === "object" && thrown !== null ? textOf(thrown, "message") : "";
  const details = message === "" ? "" : `: ${message}`;
  return failure("Error", `What was thrown cannot be stored, ${what}${details}`);
}

function failure(standard: string, message: string): Error {
  const error = createStandardError(standard);
  define(error, "message", shortened(message, CUT_MESSAGE), false);
  define(error, "stack", `${standard}: ${error.message}`, false);
  return error;
}

function isDate(value: unknown): boolean {
  return typeof value === "object" && value !== null && DATE.is(value);
}

function read(thrown: object, key: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function textOf(thrown: object, key: string): string {
  const value = read(thrown, key);
  return typeof value === "string" ? value : "";
}

export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}… (cut, it had ${text.length.toLocaleString("en-US")} characters)`;
}

/** What a step threw, as it is stored: as a value for programs, as text for people. */
import path from "node:path";
import type { Codec } from "../codec/codec";
import { describe } from "../codec/describe";
import { CUT_MESSAGE, CUT_STACK } from "../codec/limits";
import { shortened } from "../codec/stored-failure";
import type { Failure } from "../contract/event";

const OWN_FOLDER = `${__dirname}${path.sep}`;

export function describeFailure(thrown: unknown, codec: Codec): Failure {
  const value = codec.encodeError(thrown);
  try {
    const { message, ...rest } = describeThrown(thrown);
    return { ...rest, message: shortened(message, CUT_MESSAGE), value };
  } catch {
    // Reading what was thrown runs code of the user, which may throw again.
    return { name: "Error", message: `What was thrown cannot be read: ${describe(thrown)}`, value };
  }
}

function describeThrown(thrown: unknown): Omit<Failure, "value"> {
  if (typeof thrown === "string") return { name: "Error", message: thrown };
  if (typeof thrown !== "object" || thrown === null || !("message" in thrown)) {
    return { name: "Error", message: inWords(thrown) };
  }
  const { name, message, stack, code } = thrown as Partial<Failure>;
  const failure: Omit<Failure, "value"> = { name: `${name ?? "Error"}`, message: `${message}` };
  if (typeof stack === "string") failure.stack = shortened(withoutOwnFrames(stack), CUT_STACK);
  if (typeof code === "string") failure.code = code;
  return failure;
}

/** How a step was called is nothing that its author can change. */
function withoutOwnFrames(stack: string): string {
  const isOwn = (line: string) => /^\s*at /.test(line) && line.includes(OWN_FOLDER);
  return stack
    .split("\n")
    .filter((line) => !isOwn(line))
    .join("\n");
}

/** Plain data as JSON; else a name for what it is. */
function inWords(value: unknown): string {
  if (value instanceof Promise) return "Promise rejection: the step threw a promise";
  if (typeof value === "object" && value !== null) return asJson(value) ?? describe(value);
  const isPlain = typeof value !== "function" && typeof value !== "symbol";
  return isPlain ? String(value) : describe(value);
}

/** A value may say that it is nothing in JSON. */
function asJson(value: object): string | undefined {
  return JSON.stringify(value) as string | undefined;
}

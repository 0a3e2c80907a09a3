/** Errors as the console shows them: the stack, which starts with name and message. */
import { apply, includesText } from "./intrinsics";

const { toString: errorToString } = Error.prototype;

export function errorText(error: Error): string {
  const stack: unknown = error.stack;
  const text =
    typeof stack === "string" && stack !== "" ? stack : (apply(errorToString, error, []) as string);
  return includesText(text, "\n    at ") ? text : `[${text}]`;
}

/** These are in the text already, unless somebody changed them since the error was made. */
export function isInText(error: object, key: PropertyKey, text: string): boolean {
  if (key !== "name" && key !== "message" && key !== "stack") return false;
  const value: unknown = (error as Record<string, unknown>)[key];
  return typeof value === "string" && includesText(text, value);
}

/** Stored text that cannot become a value again. */
import { SerializationError } from "../contract/error";

const BRAND = Symbol.for("everstep.error");

export function unreadable(reason: string, cause?: unknown): SerializationError {
  return new SerializationError("VALUE_UNREADABLE", `A stored value cannot be read: ${reason}.`, {
    cause,
  });
}

/** True for errors that already say all there is to say, whichever realm or copy made them. */
export function isOurs(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && BRAND in thrown;
}

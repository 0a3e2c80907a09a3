/** The two errors by which a step says what is to become of it: known by name, from any copy. */
import { FatalError, RetryableError } from "../../contract/step-error";
import { type CodecType, define } from "../codec-type";
import { ERROR, isError } from "./errors";

export const FATAL_ERROR: CodecType = stepError("FatalError", () => new FatalError());
export const RETRYABLE_ERROR: CodecType = stepError("RetryableError", () => new RetryableError());

/** All its properties are fields of the text, so what the constructor sets does not matter. */
function stepError(name: string, create: () => Error): CodecType {
  return {
    ...ERROR,
    name,
    is: (value) => isError(value) && nameOf(value) === name,
    toParts: (value) => ERROR.toParts(value as Error),
    create() {
      const error = create();
      define(error, "stack", "", false);
      return error;
    },
    fill: (error, parts) => ERROR.fill!(error as Error, parts),
  };
}

function nameOf(error: object): unknown {
  try {
    return (error as Error).name;
  } catch {
    return undefined;
  }
}

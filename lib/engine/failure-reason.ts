/** Why a connection failed, in words: Node hides it below a "fetch failed". */

export interface FailureReason {
  /** `ECONNREFUSED` and its kind. */
  code?: string;
  text: string;
}

interface Failure {
  message?: unknown;
  code?: unknown;
  cause?: unknown;
  /** Node tries each address of a name, and lists what each of them said. */
  errors?: unknown;
}

const DEEPEST = 8;

/** The innermost error that says something. */
export function failureReason(error: unknown): FailureReason {
  let reason: FailureReason = { text: String(error) };
  let failure = error;
  for (let depth = 0; depth < DEEPEST && isFailure(failure); depth++) {
    const { code } = failure;
    const message = messageOf(failure);
    const known = typeof code === "string" ? code : reason.code;
    if (message !== "" || typeof code === "string") {
      reason =
        known === undefined ? { text: message } : { code: known, text: withCode(message, known) };
    }
    failure = failure.cause;
  }
  return reason;
}

function withCode(message: string, code: string): string {
  if (message === "") return code;
  return message.includes(code) ? message : `${message} (${code})`;
}

function messageOf({ message, errors }: Failure): string {
  if (typeof message === "string" && message !== "") return message;
  if (!Array.isArray(errors)) return "";
  return errors.flatMap((each: unknown) => (isFailure(each) ? [messageOf(each)] : [])).join(", ");
}

function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null;
}

/**
 * `fetch` as a step. Every answer of a server is a result, whatever its status. What failed on the
 * way throws and is tried again; what can never succeed throws a FatalError.
 */
import { FatalError } from "../contract/step-error";
import { failureReason } from "./failure-reason";

type FetchArguments = Parameters<typeof fetch>;

const SCHEMES = ["http:", "https:", "data:", "blob:"];
/** Undici's words for requests that it does not send: the code of the cause, or its message. */
const NEVER_SENT = [
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
  "bad port",
];

export async function fetchStep(
  args: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<Response> {
  const [input, init] = args as unknown as FetchArguments;
  const { method, url } = checkedRequest(input, init);
  try {
    // Looked up now: programs and their tests put something else in its place.
    return await globalThis.fetch(input, initFor(init, signal));
  } catch (error) {
    if (signal?.aborted || !isFetchFailed(error)) throw error;
    const { code, text } = failureReason(error);
    const message = `${method} ${withoutQuery(url)} failed: ${text}`;
    if (NEVER_SENT.includes(code ?? text)) throw new FatalError(message, { cause: error });
    throw Object.assign(new TypeError(message, { cause: error }), code !== undefined && { code });
  }
}

function initFor(init: RequestInit | undefined, signal: AbortSignal | undefined) {
  const isStream = init?.body instanceof ReadableStream;
  return {
    ...init,
    ...(isStream && { duplex: "half" as const }),
    ...(signal && { signal }),
  };
}

/** The request without its body, which is read only once. */
function checkedRequest(input: FetchArguments[0], init: RequestInit | undefined): Request {
  try {
    const { body, ...rest } = init ?? {};
    const isRequest = input instanceof Request;
    const request = new Request(isRequest ? input.url : input, {
      ...(isRequest && { method: input.method }),
      ...rest,
      ...(body !== undefined && body !== null && { body: "" }),
    });
    const { protocol } = new URL(request.url);
    if (SCHEMES.includes(protocol)) return request;
    throw new TypeError(`There is no way to send a request to an address with "${protocol}"`);
  } catch (error) {
    const { message } = error as Error;
    throw new FatalError(`fetch cannot make this request: ${message}`, { cause: error });
  }
}

/** What went wrong behind the arguments; other errors are of whoever replaced `fetch`. */
function isFetchFailed(error: unknown): boolean {
  const { name, message } = (error ?? {}) as Partial<Error>;
  return name === "TypeError" && message === "fetch failed";
}

/** Queries have tokens in them, and messages end up in logs. */
function withoutQuery(address: string): string {
  const { origin, pathname, protocol } = new URL(address);
  return origin === "null" ? protocol : origin + pathname;
}

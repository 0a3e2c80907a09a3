/** Requests whose senders wait for an answer: they know the stream that takes it, wherever they go. */
import { define } from "../codec/codec-type";
import { wrongPlace } from "../contract/wrong-place";
import { currentPlace } from "../streams/place";

const SYMBOL = Symbol.for("everstep.replies");

interface RepliesHolder {
  [SYMBOL]?: WeakMap<object, string>;
}

/** Known to all copies of the package in a process. */
const replies = ((globalThis as RepliesHolder)[SYMBOL] ??= new WeakMap());

/** The id of the stream; undefined for a request that nobody answers. */
export function replyOf(request: Request): string | undefined {
  return replies.get(request);
}

export function rememberReply(request: Request, streamId: string): void {
  replies.set(request, streamId);
}

/** `respondWith`, for a request that has the stream for its answer among its stored fields. */
export function withReply(request: Request, fields: unknown): Request {
  const { reply } = (fields ?? {}) as { reply?: unknown };
  if (typeof reply !== "string") return request;
  const respondWith = currentPlace()?.respondWith?.(reply) ?? refuse;
  return withMethod(request, reply, async (response: unknown) => {
    if (isResponse(response)) return respondWith(response);
    throw new TypeError("`respondWith()` takes a Response");
  });
}

/** Its clones have it, too. */
function withMethod(
  request: Request,
  reply: string,
  respondWith: (response: unknown) => Promise<void>,
): Request {
  rememberReply(request, reply);
  define(request, "respondWith", respondWith, false);
  const clone = request.clone.bind(request) as () => Request;
  define(request, "clone", () => withMethod(clone(), reply, respondWith), false);
  return request;
}

async function refuse(): Promise<never> {
  const message = "`respondWith()` must be called from within a step function";
  throw wrongPlace(message);
}

function isResponse(value: unknown): value is Response {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.prototype.toString.call(value) === "[object Response]"
  );
}

/** A run's stream as a Response, for servers that work with Request and Response. */
import { answerWithStream } from "./stream-answer";
import type { RequestHead } from "./stream-request";
import type { StreamedRun, StreamResponseOptions } from "./stream-source";

export type { StreamFormat, StreamResponseOptions } from "./stream-source";

/**
 * Follows the stream until it is over, or its client has gone. What is wrong with the request, or
 * with the id of the run, is an answer: 400, 404.
 */
export async function streamResponse(
  run: StreamedRun,
  options: StreamResponseOptions = {},
): Promise<Response> {
  const { request, ...rest } = options;
  const { status, headers, body } = await answerWithStream(
    run,
    request ? headOf(request) : null,
    rest,
  );
  if (!(body instanceof ReadableStream)) return new Response(body, { status, headers });
  const followed = request ? untilAborted(body, request.signal) : body;
  return new Response(followed, { status, headers });
}

function headOf({ method, url, headers }: Request): RequestHead {
  return { method, url, header: (name) => headers.get(name) };
}

/** Some servers cancel the body when the client has gone, others abort the signal of the request. */
function untilAborted(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const release = (reason: unknown) => reader.cancel(reason).catch(() => undefined);
  const onAbort = () => void release(signal.reason);
  const forget = () => signal.removeEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          forget();
          if (signal.aborted) controller.error(signal.reason);
          else controller.close();
        } catch (error) {
          forget();
          controller.error(error);
        }
      },
      cancel(reason) {
        forget();
        return release(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

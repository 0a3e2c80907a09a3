/** The answer to a request for a stream, of any server: status, headers and body. */
import { StreamError, WorkflowRunNotFoundError } from "../lib/contract/error";
import { TERMINAL } from "../lib/contract/run";
import { streamBody } from "./stream-body";
import { streamWriter } from "./stream-formats";
import { readFormat, readStart, type RequestHead, type StreamStart } from "./stream-request";
import type { SendStreamOptions, StreamedRun, StreamFormat, StreamState } from "./stream-source";

export interface StreamAnswer {
  status: number;
  headers: Record<string, string>;
  body: ReadableStream<Uint8Array> | string | null;
}

const HEARTBEAT_MS = 15_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const FORMATS: readonly unknown[] = ["sse", "ndjson", "plain"];

/** Rejects if the world does not answer; what is wrong with the request is an answer. */
export async function answerWithStream(
  run: StreamedRun,
  head: RequestHead | null,
  options: SendStreamOptions,
): Promise<StreamAnswer> {
  checkOptions(options);
  const format = options.format ?? readFormat(head);
  const start = readStart(head, format, options);
  if (typeof start === "string") return refusal(400, start);
  const state = await stateOf(run, options);
  if (!state) return refusal(404, "There is no such run.");
  if (isAtEnd(start, state)) return { status: 204, headers: { ...options.headers }, body: null };
  const next = start.index < 0 ? Math.max(0, state.count + start.index) : start.index;
  const isHead = head?.method === "HEAD";
  return {
    status: 200,
    headers: headersOf(format, next, options),
    body: isHead ? null : bodyOf(run, format, { ...start, index: next }, options),
  };
}

function bodyOf(
  run: StreamedRun,
  format: StreamFormat,
  { index, isResumed }: StreamStart,
  options: SendStreamOptions,
): ReadableStream<Uint8Array> {
  const { heartbeatMs = HEARTBEAT_MS } = options;
  const named = namedBy(options);
  // One chunk is read again, and not sent: the next one may be of a later attempt of its step.
  const startIndex = isResumed ? Math.max(0, index - 1) : index;
  return streamBody({
    items: run.getChunks({ ...named, startIndex }),
    writer: streamWriter(format),
    next: index,
    heartbeatMs: Math.min(heartbeatMs, LONGEST_TIMER_MS),
  });
}

/** A run may have been retried since the client has seen the end, and write again. */
function isAtEnd(start: StreamStart, { count, isClosed }: StreamState): boolean {
  if (!start.isResumed || !isClosed) return false;
  return start.index > count || (start.hasSeenEnd && start.index === count);
}

function headersOf(format: StreamFormat, next: number, options: SendStreamOptions) {
  return {
    "content-type": streamWriter(format).contentType,
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    "x-start-index": String(next),
    ...(options.format === undefined && { vary: "Accept" }),
    ...lowerCased(options.headers ?? {}),
  };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function refusal(status: number, sentence: string): StreamAnswer {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return { status, headers, body: `${sentence}\n` };
}

/** Null if there is no such run. */
async function stateOf(run: StreamedRun, options: SendStreamOptions): Promise<StreamState | null> {
  try {
    const state = await run.getStreamInfo(namedBy(options));
    if (state.isClosed || state.count > 0) return state;
    // Nobody has written to it. The run may be over, or not be there.
    return { ...state, isClosed: TERMINAL.has(await run.status) };
  } catch (error) {
    if (WorkflowRunNotFoundError.is(error)) return null;
    throw error;
  }
}

function namedBy({ namespace }: SendStreamOptions): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function checkOptions({ format, heartbeatMs = 0, startIndex = 0 }: SendStreamOptions): void {
  if (format !== undefined && !FORMATS.includes(format)) {
    throw wrongOption(
      `\`format\` is ${JSON.stringify(format)}, and not "sse", "ndjson" or "plain"`,
    );
  }
  if (!(heartbeatMs >= 0)) throw wrongOption("`heartbeatMs` has to be a number of milliseconds");
  if (!Number.isSafeInteger(startIndex)) throw wrongOption("`startIndex` has to be a whole number");
}

function wrongOption(message: string): StreamError {
  return new StreamError("STREAM_OPTION_INVALID", message);
}

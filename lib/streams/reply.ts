/**
 * The answer to a request that waits for one: a stream of the run with one chunk. The first chunk is
 * the answer, so it does not matter how many steps answer, or how often.
 */
import type { Codec } from "../codec/codec";
import { StreamError, WebhookReplyError } from "../contract/error";
import { buildOwnStreamId, type StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import { type ChunkOrigin, readChunk } from "./chunk";
import { ChunkReader } from "./chunk-reader";
import type { ChunkWriter } from "./chunk-writer";
import { Pump } from "./pump";
import { planOf } from "./stream-plan";
import { WorldStreams } from "./world-streams";

/** Bodies up to this size go with the answer; larger ones have a stream of their own. */
const INLINE_BYTES = 64 * 1024;
/** How long it takes to tell a short body from one that is still being written. */
const INLINE_WAIT_MS = 20;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface StoredReply {
  status: number;
  statusText: string;
  headers: Headers;
  body: Uint8Array | null;
  /** What follows on `body`. */
  rest?: string;
}

export interface ReplyParts {
  world: World;
  codec: Codec;
  origin: ChunkOrigin;
  /** Whose writers repeat what got no answer, and end with the attempt. */
  writerOf: (stream: StreamPlan) => ChunkWriter;
  onPump: (pump: Pump) => void;
}

/**
 * Resolves when the answer is stored, body and all. A later attempt of the step that has answered finds
 * it there; from anywhere else, a second answer is refused (WH-10).
 */
export async function answer(
  { world, codec, origin, writerOf, onPump }: ReplyParts,
  streamId: string,
  response: Response,
): Promise<void> {
  const stream = planOf(streamId);
  const { status, statusText } = response;
  if (status < 200) {
    const message = `\`respondWith()\` takes a Response that can be sent, and the status of this one is ${status}`;
    throw new TypeError(message);
  }
  const { body, rest } = await splitBody(response.body);
  const reply: StoredReply = { status, statusText, headers: headersOf(response), body };
  let restStream: StreamPlan | undefined;
  if (rest) {
    const name = `${streamId.slice(streamId.lastIndexOf("_") + 1)}_${origin.attempt}`;
    restStream = planOf(buildOwnStreamId(stream.runId, "body", name, true));
    reply.rest = restStream.streamId;
  }
  const writer = writerOf(stream);
  try {
    void writer.write(codec.encode(reply, "step return value"));
    await writer.flush();
  } catch (error) {
    if (!StreamError.is(error)) throw error;
  }
  if (!(await isFirst(world, stream, origin))) {
    rest?.cancel().catch(() => undefined);
    return;
  }
  // crash here: the answer counts, and the end of the run closes its stream.
  await writer.close();
  // crash here: the sender has the head of the answer, and hears that the rest of it broke off.
  if (!rest || !restStream) return;
  const encode = (value: unknown) => codec.encode(value, "stream chunk");
  const pump = new Pump(rest, { world, stream: restStream, encode, origin });
  onPump(pump);
  const failure = await pump.done;
  if (failure) throw failure;
}

const UNPACKED = /^\s*(?:(?:x-)?gzip|deflate|br)\s*(?:,\s*(?:(?:x-)?gzip|deflate|br)\s*)*$/i;

/** What comes from `fetch` has its body unpacked, and still the headers of the packed one. */
function headersOf({ headers, url }: Response): Headers {
  const own = new Headers(headers);
  if (url === "" || !UNPACKED.test(headers.get("content-encoding") ?? "")) return own;
  own.delete("content-encoding");
  own.delete("content-length");
  return own;
}

/** The answer, when there is one. */
export async function readAnswer(
  world: World,
  codec: Codec,
  streamId: string,
  timeoutMs: number,
): Promise<Response> {
  const reader = new ChunkReader(world, planOf(streamId));
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      reader.cancel();
    },
    Math.min(timeoutMs, LONGEST_TIMER_MS),
  );
  try {
    const chunk = await reader.read();
    if (chunk) return responseOf(world, codec, readChunk(chunk.data).text);
  } finally {
    clearTimeout(timer);
  }
  if (isLate) {
    const message = `The workflow run did not send a response within ${timeoutMs} ms`;
    throw new WebhookReplyError("WEBHOOK_TIMEOUT", message);
  }
  throw new WebhookReplyError("WEBHOOK_NOT_ANSWERED", "Workflow run did not send a response");
}

function responseOf(world: World, codec: Codec, text: string): Response {
  const { status, statusText, headers, body, rest } = codec.decode(text) as StoredReply;
  const hasBody = body !== null && ![101, 204, 205, 304].includes(status);
  return new Response(hasBody ? bodyOf(world, codec, body, rest) : null, {
    status,
    statusText,
    headers,
  });
}

function bodyOf(world: World, codec: Codec, start: Uint8Array, rest: string | undefined) {
  if (rest === undefined) return start as Uint8Array<ArrayBuffer>;
  const encode = (value: unknown) => codec.encode(value, "stream chunk");
  const streams = new WorldStreams({ world, codec, encode });
  const reader = (streams.openReadable(rest) as ReadableStream<Uint8Array>).getReader();
  let hasBegun = start.byteLength === 0;
  return new ReadableStream({
    async pull(controller) {
      if (!hasBegun) {
        hasBegun = true;
        return controller.enqueue(start);
      }
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** True for the answer of this attempt, false for that of one before; throws if it is another's. */
async function isFirst(world: World, stream: StreamPlan, origin: ChunkOrigin): Promise<boolean> {
  const [first] = await world.streams.read(stream.streamId, 0, 1);
  if (!first) throw new StreamError("STREAM_CLOSED", "The run is over, and so is the request");
  const { writer, attempt } = readChunk(first.data);
  if (writer !== origin.writer) throw answeredBefore();
  return attempt === origin.attempt;
}

export function answeredBefore(): WebhookReplyError {
  return new WebhookReplyError("WEBHOOK_ANSWERED", "The request was answered before");
}

/** What is there at once, and what is still to come. */
async function splitBody(
  body: ReadableStream<Uint8Array> | null,
): Promise<{ body: Uint8Array | null; rest?: ReadableStream<Uint8Array> }> {
  if (!body) return { body: null };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const deadline = performance.now() + INLINE_WAIT_MS;
  for (;;) {
    const reading = reader.read();
    const next = await withinTime(reading, deadline - performance.now());
    const isDone = next !== "late" && next.done;
    if (next !== "late" && !next.done) {
      chunks.push(next.value);
      size += next.value.byteLength;
    }
    if (isDone) return { body: Buffer.concat(chunks) };
    if (next === "late" || size > INLINE_BYTES) {
      const first = next === "late" ? reading : null;
      return { body: Buffer.concat(chunks), rest: restOf(reader, first) };
    }
  }
}

type Reading = ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]>;

/** What is left behind a reader that has begun; `first` is a read that is under way. */
function restOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Reading | null,
): ReadableStream<Uint8Array> {
  let underWay = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const reading = underWay ?? reader.read();
        underWay = null;
        const { done, value } = await reading;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function withinTime<T>(promise: Promise<T>, ms: number): Promise<T | "late"> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("late"), Math.max(0, ms));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

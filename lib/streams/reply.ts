/**
 * The answer to a request that waits for one: a stream of the run with one chunk. The first chunk is
 * the answer, so it does not matter how many steps answer, or how often.
 */
import type { Codec } from "../codec/codec";
import { StreamError, WebhookReplyError } from "../contract/error";
import { buildOwnStreamId, type StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import { type ChunkOrigin, readChunk, writeChunk } from "./chunk";
import { ChunkReader } from "./chunk-reader";
import { openReadable } from "./open-streams";
import { Pump } from "./pump";
import { planOf } from "./stream-plan";

/** Bodies up to this size go with the answer; larger ones have a stream of their own. */
const INLINE_BYTES = 64 * 1024;
/** How long it takes to tell a short body from one that is still being written. */
const INLINE_WAIT_MS = 20;

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
}

/**
 * Resolves when the answer is stored, body and all. A later attempt of the step that has answered finds
 * it there; from anywhere else, a second answer is refused (WH-10).
 */
export async function answer(
  { world, codec, origin }: ReplyParts,
  streamId: string,
  response: Response,
): Promise<void> {
  const stream = planOf(streamId);
  const { status, statusText, headers } = response;
  const { body, rest } = await splitBody(response.body);
  const reply: StoredReply = { status, statusText, headers, body };
  let restStream: StreamPlan | undefined;
  if (rest) {
    const name = `${streamId.slice(streamId.lastIndexOf("_") + 1)}_${origin.attempt}`;
    restStream = planOf(buildOwnStreamId(stream.runId, "body", name, true));
    reply.rest = restStream.streamId;
  }
  const chunk = writeChunk(origin, 0, codec.encode(reply, "step return value"));
  const index = await world.streams.write(stream, [chunk]);
  if (index !== 0) {
    rest?.cancel().catch(() => undefined);
    return checkAnswered(world, stream, origin);
  }
  await world.streams.close(stream);
  if (!rest || !restStream) return;
  const encode = (value: unknown) => codec.encode(value, "stream chunk");
  await new Pump(rest, { world, stream: restStream, encode, origin }).done;
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
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel();
  }, timeoutMs);
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
  const reader = openReadable<Uint8Array>(world, planOf(rest), { codec }).getReader();
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

async function checkAnswered(world: World, stream: StreamPlan, origin: ChunkOrigin): Promise<void> {
  const [first] = await world.streams.read(stream.streamId, 0, 1);
  if (first && readChunk(first.data).writer === origin.writer) return;
  if (first) {
    throw new WebhookReplyError("WEBHOOK_ANSWERED", "The request was answered before");
  }
  throw new StreamError("STREAM_CLOSED", "The run is over, and so is the request");
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

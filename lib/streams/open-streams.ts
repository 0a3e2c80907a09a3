/** Streams of the world as streams of Node: each is read and written only as fast as somebody asks. */
import type { Codec } from "../codec/codec";
import type { StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import { readChunk, stepOf } from "./chunk";
import { ChunkReader } from "./chunk-reader";
import type { ChunkWriter } from "./chunk-writer";
import { inPlace, type StreamPlace } from "./place";

/** A chunk, and all that is known of it. */
export interface StreamItem<T = unknown> {
  /** Its place in the stream, from 0. */
  index: number;
  /** Orders the chunks of the default stream among the events of the run. */
  stamp: number | null;
  value: T;
  /** The step that wrote it, by its `stepId`; null for what came from elsewhere. */
  stepId: string | null;
  /** The attempt of that step, from 1; 0 where there is no step. */
  attempt: number;
}

export interface ReadingOptions {
  codec: Codec;
  /** Where streams are opened that a chunk holds. */
  place: StreamPlace;
  /** Called when there is nothing to read yet. */
  onWait?: (() => void) | undefined;
  /** The index of the first chunk; worked out when somebody reads. */
  from?: () => Promise<number>;
}

/** The values of a stream, from the start. */
export function openReadable<T>(
  world: World,
  stream: StreamPlan,
  options: ReadingOptions,
): ReadableStream<T> {
  const source = sourceOf<T>(world, stream, options, ({ value }) => value);
  if (!stream.isBytes) return new ReadableStream(source, { highWaterMark: 0 });
  return new ReadableStream(asBytes(source) as never) as ReadableStream<T>;
}

export function openItems<T>(
  world: World,
  stream: StreamPlan,
  options: ReadingOptions,
): ReadableStream<StreamItem<T>> {
  const source = sourceOf<T, StreamItem<T>>(world, stream, options, (item) => item);
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** The text of a chunk; a promise where something has to be read for it. */
export type EncodeChunk = (value: unknown) => string | Promise<string>;

/** `onCall` hears of what is under way, awaited or not: it is done when the world has it. */
export function openWritable(
  encode: EncodeChunk,
  writer: ChunkWriter,
  onCall: (done: Promise<unknown>) => void = () => undefined,
): WritableStream {
  const stream = new WritableStream<unknown>({
    write(value) {
      const text = encode(value);
      return typeof text === "string" ? writer.write(text) : text.then((it) => writer.write(it));
    },
    close: () => writer.close(),
    abort: (reason) => writer.close(reasonText(reason)),
  });
  return withQuietWriters(stream, onCall);
}

/**
 * A write that nobody awaits, and that is refused since the step is over, must not end the process as
 * a rejection without a handler does. Who awaits it hears of it all the same.
 */
function withQuietWriters(
  stream: WritableStream,
  onCall: (done: Promise<unknown>) => void,
): WritableStream {
  const quiet = (call: (argument?: unknown) => Promise<void>) => (argument?: unknown) => {
    const done = call(argument);
    done.catch(() => undefined);
    onCall(done);
    return done;
  };
  const getWriter = stream.getWriter.bind(stream);
  stream.getWriter = () => {
    const writer = getWriter();
    for (const name of ["write", "close", "abort"] as const) {
      writer[name] = quiet(writer[name].bind(writer));
    }
    return writer;
  };
  for (const name of ["close", "abort"] as const) stream[name] = quiet(stream[name].bind(stream));
  return stream;
}

/** Why somebody gave up, in one line. */
export function reasonText(reason: unknown): string {
  const text = reason instanceof Error ? reason.message : String(reason ?? "it was aborted");
  return text.split("\n")[0]!.slice(0, 500);
}

function sourceOf<T, Out = T>(
  world: World,
  stream: StreamPlan,
  { codec, place, onWait, from }: ReadingOptions,
  pick: (item: StreamItem<T>) => Out,
) {
  let reader: ChunkReader | undefined;
  return {
    async pull(controller: ReadableStreamDefaultController<Out>): Promise<void> {
      reader ??= new ChunkReader(world, stream, { from: await from?.(), onWait });
      const chunk = await reader.read();
      if (!chunk) return controller.close();
      const { index, stamp, data } = chunk;
      const written = readChunk(data);
      const value = inPlace(place, () => codec.decode(written.text)) as T;
      const origin = { stepId: stepOf(written), attempt: written.attempt };
      controller.enqueue(pick({ index, stamp, value, ...origin }));
    },
    cancel(): void {
      reader?.cancel();
    },
  };
}

/** What a byte stream hands on is taken from it, and it takes no empty chunks. */
function asBytes<T>({ pull, cancel }: ReturnType<typeof sourceOf<T>>) {
  return {
    type: "bytes" as const,
    cancel,
    async pull(controller: ReadableByteStreamController): Promise<void> {
      let hasEnqueued = false;
      while (!hasEnqueued) {
        let isClosed = false;
        await pull({
          enqueue(bytes: Uint8Array) {
            if (bytes.byteLength === 0) return;
            hasEnqueued = true;
            controller.enqueue(bytes);
          },
          close() {
            isClosed = true;
            controller.close();
            // A reader that brought its own buffer gets it back.
            controller.byobRequest?.respond(0);
          },
        } as unknown as ReadableStreamDefaultController<T>);
        if (isClosed) return;
      }
    },
  };
}

/**
 * Streams of this process on their way into the world. Who reads them is elsewhere and cannot see this
 * process, so a pump gives signs of life, and says so when it has to give up.
 */
import { randomBytes } from "node:crypto";
import type { StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import type { ChunkOrigin } from "./chunk";
import { SIGN_OF_LIFE_MS } from "./chunk-reader";
import { ChunkWriter, isClosedWorld } from "./chunk-writer";
import { type EncodeChunk, reasonText } from "./open-streams";

/** Bytes are stored in pieces of this size at most: a piece is held in memory as a whole. */
const LARGEST_PIECE = 256 * 1024;
/** How long a pump that has to stop may try to say so. */
const TELLING_MS = 1_000;

export interface PumpOptions {
  world: World;
  stream: StreamPlan;
  encode: EncodeChunk;
  origin?: ChunkOrigin;
}

export class Pump {
  /** Null if all of it went through, else why not. Never rejects. */
  readonly done: Promise<Error | null>;
  private readonly reader: ReadableStreamDefaultReader<unknown>;
  private readonly writer: ChunkWriter;
  private readonly signs: NodeJS.Timeout;

  constructor(
    source: ReadableStream,
    private readonly options: PumpOptions,
  ) {
    const { world, stream, origin = ownOrigin() } = options;
    this.reader = source.getReader();
    const onRefused = (reason: Error) => this.abandon(reason);
    this.writer = new ChunkWriter(world, stream, { origin, onRefused });
    this.signs = setInterval(() => this.giveSign(), SIGN_OF_LIFE_MS);
    this.signs.unref();
    this.giveSign();
    this.done = this.run();
  }

  /** The stream breaks off here, and its readers are told if the world can be reached. */
  async stop(why: string): Promise<void> {
    const isTold = this.writer.close(why).catch(() => undefined);
    await withinTime(isTold, TELLING_MS);
    this.abandon(new Error(why));
    await withinTime(this.done, TELLING_MS);
  }

  /** As if the process had ended. */
  abandon(reason: unknown): void {
    clearInterval(this.signs);
    this.writer.abandon(reason);
    this.reader.cancel(reason).catch(() => undefined);
  }

  private async run(): Promise<Error | null> {
    try {
      for (;;) {
        const { done, value } = await this.reader.read();
        if (done) break;
        for (const piece of this.piecesOf(value)) await this.writer.write(await this.encode(piece));
      }
      await this.writer.close();
      return null;
    } catch (error) {
      // Nobody wants the rest: its source may free what it holds.
      this.reader.cancel(error).catch(() => undefined);
      await this.writer.close(reasonText(error)).catch(() => undefined);
      return error instanceof Error ? error : new Error(reasonText(error));
    } finally {
      clearInterval(this.signs);
    }
  }

  private encode(value: unknown): string | Promise<string> {
    return this.options.encode(value);
  }

  private *piecesOf(value: unknown): Iterable<unknown> {
    const isLarge = value instanceof Uint8Array && value.byteLength > LARGEST_PIECE;
    if (!this.options.stream.isBytes || !isLarge) return yield value;
    for (let at = 0; at < value.byteLength; at += LARGEST_PIECE) {
      yield value.subarray(at, at + LARGEST_PIECE);
    }
  }

  private giveSign(): void {
    const { world, stream } = this.options;
    world.streams.write(stream, []).then(
      (next) => {
        if (next === null) this.abandon(new Error("The stream is closed, and takes no more"));
      },
      (error: unknown) => {
        if (isClosedWorld(error)) this.abandon(error);
        // The next one may get through.
      },
    );
  }
}

/** For what no step writes. */
export function ownOrigin(): ChunkOrigin {
  return { writer: randomBytes(9).toString("base64url"), attempt: 0 };
}

/** Tells byte streams from others: a reader that brings its own buffer suits no other. */
export function isByteStream(stream: ReadableStream): boolean {
  if (stream.locked) return false;
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function withinTime(done: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

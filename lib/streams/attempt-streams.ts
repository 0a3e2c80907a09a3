/**
 * The streams that one attempt of a step has opened.
 *
 * - T6 What the attempt has written is stored before its outcome counts, whatever became of its locks.
 * - T7 An attempt that is over, or has lost its right to go on, writes nothing more.
 */
import type { Codec } from "../codec/codec";
import { StreamError } from "../contract/error";
import { buildOwnStreamId, buildStreamId, type StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import type { ChunkOrigin } from "./chunk";
import { ChunkWriter } from "./chunk-writer";
import { type EncodeChunk, openReadable, openWritable } from "./open-streams";
import { rememberStream, type StreamPlace } from "./place";
import { isByteStream } from "./pump";
import type { Pumps } from "./pumps";
import { answer } from "./reply";
import { planOf } from "./stream-plan";

export interface AttemptStreamsOptions {
  world: World;
  codec: Codec;
  encode: EncodeChunk;
  runId: string;
  /** Worked out for those who write. */
  stepId: () => string;
  attempt: number;
  fence: number;
  /** What goes on when the attempt is over. */
  pumps: Pumps;
}

export class AttemptStreams implements StreamPlace {
  private readonly writers = new Map<string, ChunkWriter>();
  private sending: { stream: StreamPlan; source: ReadableStream }[] = [];
  private sent = 0;
  private over: unknown = null;
  private id: string | undefined;

  constructor(private readonly options: AttemptStreamsOptions) {}

  /** Most attempts open none. */
  get isUsed(): boolean {
    return this.writers.size > 0 || this.sending.length > 0;
  }

  /** What `getWritable` gives in a step. */
  ofRun(namespace = ""): WritableStream {
    if (typeof namespace !== "string") {
      throw new TypeError("The `namespace` of a stream must be a string");
    }
    const name = Buffer.from(namespace).toString("base64url");
    return this.openWritable(buildStreamId(this.options.runId, name));
  }

  openReadable(streamId: string): ReadableStream {
    const { world, codec } = this.options;
    return rememberStream(openReadable(world, planOf(streamId), { codec }), streamId);
  }

  openWritable(streamId: string): WritableStream {
    const writer = this.writerOf(planOf(streamId));
    return rememberStream(openWritable(this.options.encode, writer), streamId);
  }

  send(source: ReadableStream): string {
    const { runId } = this.options;
    const { writer, attempt } = this.origin;
    const name = `${writer}_${attempt}_${this.sent++}`;
    const streamId = buildOwnStreamId(runId, "out", name, isByteStream(source));
    this.sending.push({ stream: planOf(streamId), source });
    return streamId;
  }

  respondWith(streamId: string): (response: Response) => Promise<void> {
    const { world, codec } = this.options;
    return async (response) => {
      if (this.over !== null) throw this.over;
      return answer({ world, codec, origin: this.origin }, streamId, response);
    };
  }

  /**
   * Resolves when all that was written is stored; a stream that was closed meanwhile is no failure.
   * Those that the attempt returns begin to flow, and are not waited for.
   */
  async finish(hasReturned: boolean): Promise<void> {
    if (hasReturned && this.over === null) this.startSending();
    await Promise.all(
      [...this.writers.values()].map((writer) => writer.flush().catch(() => undefined)),
    );
    this.abandon(new StreamError("STREAM_CLOSED", "The step that wrote to the stream is over"));
  }

  abandon(reason: unknown): void {
    this.over ??= reason;
    for (const writer of this.writers.values()) writer.abandon(reason);
  }

  private startSending(): void {
    const { world, encode, pumps } = this.options;
    for (const { stream, source } of this.sending) {
      pumps.start(source, { world, stream, encode, origin: this.origin });
    }
    this.sending = [];
  }

  private get origin(): ChunkOrigin {
    return { writer: (this.id ??= this.options.stepId()), attempt: this.options.attempt };
  }

  private writerOf(stream: StreamPlan): ChunkWriter {
    const known = this.writers.get(stream.streamId);
    if (known) return known;
    const { world, runId, fence } = this.options;
    const writer = new ChunkWriter(world, stream, {
      origin: this.origin,
      // The fence is that of its own run; a stream of another has another.
      ...(stream.runId === runId && { fence }),
    });
    if (this.over !== null) writer.abandon(this.over);
    this.writers.set(stream.streamId, writer);
    return writer;
  }
}

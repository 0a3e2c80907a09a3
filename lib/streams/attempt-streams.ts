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
import { type EncodeChunk, openReadable, openWritable, reasonText } from "./open-streams";
import { rememberStream, type StreamPlace } from "./place";
import { isByteStream, type Pump } from "./pump";
import type { Pumps } from "./pumps";
import { answer, answeredBefore } from "./reply";
import { planOf } from "./stream-plan";

export interface AttemptStreamsOptions {
  world: World;
  codec: Codec;
  encode: EncodeChunk;
  runId: string;
  /** Worked out for those who write. */
  stepId: () => string;
  attempt: number;
  /** Of the claim of its run, where that is this process's. */
  fence?: number;
  /** What goes on when the attempt is over. */
  pumps: Pumps;
  /** Who waits for a chunk needs no slot, and whoever writes it may. */
  freeSlot?: () => void;
}

export class AttemptStreams implements StreamPlace {
  private readonly writers = new Map<string, ChunkWriter>();
  private sending: { stream: StreamPlan; source: ReadableStream }[] = [];
  private sent = 0;
  /** Calls of the step that it may not wait for: T6 does. */
  private readonly underWay = new Set<Promise<unknown>>();
  /** Bodies of answers. */
  private readonly pumping = new Set<Pump>();
  private readonly answered = new Set<string>();
  private over: (() => unknown) | null = null;
  private id: string | undefined;

  constructor(private readonly options: AttemptStreamsOptions) {}

  /** Most attempts open none. */
  get isUsed(): boolean {
    return this.writers.size > 0 || this.sending.length > 0 || this.underWay.size > 0;
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
    const { world, codec, freeSlot } = this.options;
    const options = { codec, place: this, onWait: freeSlot };
    return rememberStream(openReadable(world, planOf(streamId), options), streamId);
  }

  openWritable(streamId: string): WritableStream {
    const writer = this.writerOf(planOf(streamId));
    const onCall = (done: Promise<unknown>) => this.note(done);
    return rememberStream(openWritable(this.options.encode, writer, onCall), streamId);
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
    return (response) => {
      const done = this.answerOnce(streamId, response);
      this.note(done);
      return done;
    };
  }

  /**
   * Resolves when all that was written is stored; a stream that was closed meanwhile is no failure.
   * Those that the attempt returns begin to flow, and are not waited for.
   */
  async finish(hasReturned: boolean): Promise<void> {
    if (hasReturned && this.over === null) this.startSending();
    await Promise.all([...this.underWay].map((done) => done.catch(() => undefined)));
    await Promise.all(
      [...this.writers.values()].map((writer) => writer.flush().catch(() => undefined)),
    );
    this.abandon(stepIsOver());
  }

  /** For an attempt that has used none: it opens none from now on. */
  end(): void {
    this.over ??= stepIsOver;
  }

  abandon(reason: unknown): void {
    this.over ??= () => reason;
    for (const writer of this.writers.values()) writer.abandon(reason);
    for (const pump of this.pumping) void pump.stop(reasonText(reason));
    for (const { source } of this.sending) source.cancel(reason).catch(() => undefined);
    this.sending = [];
  }

  private async answerOnce(streamId: string, response: Response): Promise<void> {
    if (this.over !== null) throw this.over();
    if (this.answered.has(streamId)) throw answeredBefore();
    this.answered.add(streamId);
    const { world, codec } = this.options;
    const { origin } = this;
    const parts = {
      ...{ world, codec, origin },
      writerOf: (stream: StreamPlan) => this.writerOf(stream),
      onPump: (pump: Pump) => this.keep(pump),
    };
    try {
      await answer(parts, streamId, response);
    } catch (error) {
      this.answered.delete(streamId);
      throw error;
    }
  }

  private keep(pump: Pump): void {
    this.pumping.add(pump);
    void pump.done.then(() => this.pumping.delete(pump));
    if (this.over !== null) void pump.stop(reasonText(this.over()));
  }

  private note(done: Promise<unknown>): void {
    this.underWay.add(done);
    const forget = () => void this.underWay.delete(done);
    done.then(forget, forget);
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
    const { world, runId, attempt, fence } = this.options;
    const writer = new ChunkWriter(world, stream, {
      origin: this.origin,
      isRepeated: attempt > 1 && stream.purpose === "user",
      // The fence is that of its own run; a stream of another has another.
      ...(stream.runId === runId && fence !== undefined && { fence }),
    });
    if (this.over !== null) writer.abandon(this.over());
    this.writers.set(stream.streamId, writer);
    return writer;
  }
}

function stepIsOver(): StreamError {
  return new StreamError("STREAM_CLOSED", "The step that wrote to the stream is over");
}

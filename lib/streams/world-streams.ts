/** Streams of runs for those outside of steps: callers read and write them as they are asked to. */
import type { Codec } from "../codec/codec";
import { buildOwnStreamId, type StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import { ChunkWriter } from "./chunk-writer";
import { type EncodeChunk, openReadable, openWritable, reasonText } from "./open-streams";
import { forgetStream, rememberStream, type StreamPlace } from "./place";
import { isByteStream, ownOrigin, Pump } from "./pump";
import { planOf } from "./stream-plan";

export interface WorldStreamsOptions {
  world: World;
  codec: Codec;
  encode: EncodeChunk;
}

/** For what a run gives to its caller. */
export class WorldStreams implements StreamPlace {
  constructor(protected readonly options: WorldStreamsOptions) {}

  openReadable(streamId: string): ReadableStream {
    const { world, codec } = this.options;
    const options = { codec, place: this };
    return rememberStream(openReadable(world, planOf(streamId), options), streamId);
  }

  openWritable(streamId: string): WritableStream {
    const { world, encode } = this.options;
    const writer = new ChunkWriter(world, planOf(streamId), { origin: ownOrigin() });
    return rememberStream(openWritable(encode, writer), streamId);
  }
}

/** For what a caller gives to a new run: nothing flows until there is one. */
export class StartStreams extends WorldStreams {
  private readonly sources: { stream: StreamPlan; source: ReadableStream }[] = [];
  private readonly sinks: { stream: StreamPlan; sink: WritableStream }[] = [];

  constructor(
    options: WorldStreamsOptions,
    private readonly runId: string,
  ) {
    super(options);
  }

  send(source: ReadableStream): string {
    const stream = this.plan("in", isByteStream(source));
    this.sources.push({ stream, source });
    return stream.streamId;
  }

  receive(sink: WritableStream): string {
    const stream = this.plan("to");
    this.sinks.push({ stream, sink });
    return stream.streamId;
  }

  /** For the run that was made by this start. */
  begin(): void {
    const { world, encode } = this.options;
    for (const { stream, source } of this.sources) {
      try {
        void new Pump(source, { world, stream, encode });
      } catch (error) {
        // Somebody has begun to read it meanwhile.
        world.streams.close(stream, reasonText(error)).catch(() => undefined);
      }
    }
    this.listen();
  }

  /** For a run that was there before: what it writes is for whoever starts it again, too. */
  attach(): void {
    for (const { source } of this.sources) forgetStream(source);
    this.listen();
  }

  /** There is no run, and who tries again may pass the same streams. */
  drop(): void {
    for (const { source } of this.sources) forgetStream(source);
    for (const { sink } of this.sinks) forgetStream(sink);
  }

  private listen(): void {
    const { world, codec } = this.options;
    for (const { stream, sink } of this.sinks) {
      // Whoever made the sink hears of a failure by its abort.
      openReadable(world, stream, { codec, place: new WorldStreams(this.options) })
        .pipeTo(sink)
        .catch(() => undefined);
    }
  }

  private plan(purpose: "in" | "to", isBytes = false): StreamPlan {
    return planOf(
      buildOwnStreamId(this.runId, purpose, `${this.sources.length + this.sinks.length}`, isBytes),
    );
  }
}

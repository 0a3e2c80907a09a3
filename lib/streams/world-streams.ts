/** Streams of runs for those outside of steps: callers read and write them as they are asked to. */
import type { Codec } from "../codec/codec";
import { buildOwnStreamId, type StreamPlan } from "../contract/stream";
import type { World } from "../contract/world";
import { ChunkWriter } from "./chunk-writer";
import { type EncodeChunk, openReadable, openWritable } from "./open-streams";
import { rememberStream, type StreamPlace } from "./place";
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
    return rememberStream(openReadable(world, planOf(streamId), { codec }), streamId);
  }

  openWritable(streamId: string): WritableStream {
    const { world, encode } = this.options;
    const writer = new ChunkWriter(world, planOf(streamId), { origin: ownOrigin() });
    return rememberStream(openWritable(encode, writer), streamId);
  }
}

/** For what a caller gives to a new run: nothing flows until there is one. */
export class StartStreams extends WorldStreams {
  private readonly waiting: (() => void)[] = [];

  constructor(
    options: WorldStreamsOptions,
    private readonly runId: string,
  ) {
    super(options);
  }

  send(source: ReadableStream): string {
    const { world, encode } = this.options;
    const stream = this.plan("in", isByteStream(source));
    this.waiting.push(() => void new Pump(source, { world, stream, encode }));
    return stream.streamId;
  }

  receive(sink: WritableStream): string {
    const { world, codec } = this.options;
    const stream = this.plan("to");
    this.waiting.push(() => {
      // Whoever made the sink hears of a failure by its abort.
      openReadable(world, stream, { codec })
        .pipeTo(sink)
        .catch(() => undefined);
    });
    return stream.streamId;
  }

  begin(): void {
    for (const start of this.waiting.splice(0)) start();
  }

  private plan(purpose: "in" | "to", isBytes = false): StreamPlan {
    return planOf(buildOwnStreamId(this.runId, purpose, `${this.waiting.length}`, isBytes));
  }
}

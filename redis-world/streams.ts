/** Streams of runs: chunks with dense indexes, which stay as long as the run (W6). */
import {
  STREAM_PAGE_CHARACTERS,
  type StreamChunk,
  type StreamInfo,
  type StreamName,
  type Streams,
} from "../lib/contract/world";
import type { Connection } from "./connection";
import type { Keys } from "./keys";
import type { News } from "./news";
import { CLOSE_STREAM, READ_CHUNKS, WRITE_CHUNKS } from "./scripts/streams";

/** Its id, and names and values in turn. */
type StoredChunk = [id: string, fields: string[]];

export class RedisStreams implements Streams {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly news: News,
  ) {}

  async write(
    stream: StreamName,
    chunks: readonly string[],
    fence?: number,
  ): Promise<number | null> {
    const { streamId, runId } = stream;
    const args = [streamId, runId, kindOf(stream), String(fence ?? ""), ...chunks];
    const first = await this.connection.run(WRITE_CHUNKS, this.keys.ofRun(runId), ...args);
    return first === null ? null : Number(first);
  }

  async close(stream: StreamName, failure?: string, fence?: number): Promise<void> {
    const { streamId, runId } = stream;
    const how = failure === undefined ? [] : [failure];
    const args = [streamId, runId, kindOf(stream), String(fence ?? ""), ...how];
    await this.connection.run(CLOSE_STREAM, this.keys.ofRun(runId), ...args);
  }

  async read(streamId: string, from: number, limit: number): Promise<StreamChunk[]> {
    const args = [streamId, Math.max(0, from), limit, STREAM_PAGE_CHARACTERS];
    const base = this.keys.ofStream(streamId);
    const found = (await this.connection.run(READ_CHUNKS, base, ...args)) as StoredChunk[];
    return found.map(([id, [, data, , stamp]]) => ({
      index: Number.parseInt(id, 10) - 1,
      stamp: stamp === undefined ? null : Number(stamp),
      data: data!,
    }));
  }

  async info(streamId: string): Promise<StreamInfo | null> {
    const key = this.keyOf(streamId);
    const fields = ["count", "closed", "failure", "writes"];
    const found = await this.connection.read((client) => client.hmget(key, ...fields));
    const [count, closed, failure, writes] = found;
    if (typeof count !== "string") return null;
    return {
      count: Number(count),
      isClosed: closed !== "0",
      ...(typeof failure === "string" && { failure }),
      writes: Number(writes ?? 0),
    };
  }

  async list(runId: string): Promise<string[]> {
    const key = `${this.keys.ofRun(runId)}:streams:${runId}`;
    return this.connection.read((client) => client.lrange(key, 0, -1));
  }

  listen(streamId: string, listener: () => void): () => void {
    return this.news.listen(this.keyOf(streamId), () => listener());
  }

  /** Also the channel on which its news are told. */
  private keyOf(streamId: string): string {
    return `${this.keys.ofStream(streamId)}:stream:${streamId}`;
  }
}

function kindOf({ isDefault, outlivesRun }: StreamName): string {
  if (isDefault) return "default";
  return outlivesRun ? "outlives" : "";
}

/** Streams of runs: chunks with dense indexes, which stay as long as the run (W6). */
import {
  STREAM_PAGE_CHARACTERS,
  type StreamChunk,
  type StreamInfo,
  type StreamName,
  type Streams,
} from "../lib/contract/world";
import type { Database } from "./database";
import type { News } from "./news";
import type { Row } from "./sqlite";
import { STREAM } from "./run-parts";
import { text } from "./run-rows";

export class EmbeddedStreams implements Streams {
  constructor(
    private readonly database: Database,
    private readonly news: News,
  ) {}

  async write(name: StreamName, chunks: readonly string[], fence?: number): Promise<number | null> {
    const first = this.database.transaction(() => {
      const stream = this.open(name);
      if (!stream || stream.isClosed) return null;
      if (fence !== undefined && stream.fence !== fence) return null;
      const stamp = name.isDefault ? this.takeStamps(stream.run, chunks.length) : null;
      chunks.forEach((data, index) => {
        this.sql("INSERT INTO chunks VALUES (?, ?, ?, ?)").run(
          ...[stream.number, stream.count + index, stamp === null ? null : stamp + index, data],
        );
      });
      this.sql("UPDATE streams SET count = count + ?, writes = writes + 1 WHERE number = ?").run(
        ...[chunks.length, stream.number],
      );
      return stream.count;
    });
    this.news.ring(name.streamId);
    return first;
  }

  async close(name: StreamName, failure?: string, fence?: number): Promise<void> {
    this.database.transaction(() => {
      const stream = this.open(name);
      if (!stream || (fence !== undefined && stream.fence !== fence)) return;
      const how = stream.isClosed ? stream.failure : (failure ?? null);
      // Closed by the end of its run, too: a retry does not open it again.
      this.sql("UPDATE streams SET is_closed = ?, failure = ? WHERE number = ?").run(
        ...[STREAM.closed, how, stream.number],
      );
    });
    this.news.ring(name.streamId);
  }

  async read(streamId: string, from: number, limit: number): Promise<StreamChunk[]> {
    const rows = this.sql(
      `SELECT number, stamp, data FROM chunks
        WHERE stream = (SELECT number FROM streams WHERE stream_id = ?) AND number >= ?
        ORDER BY number LIMIT ?`,
    ).iterate(streamId, from, limit);
    const chunks: StreamChunk[] = [];
    let characters = 0;
    for (const row of rows) {
      const [stamp, data] = [row["stamp"], text(row["data"])];
      chunks.push({
        index: Number(row["number"]),
        stamp: stamp === null ? null : Number(stamp),
        data,
      });
      characters += data.length;
      if (characters > STREAM_PAGE_CHARACTERS) break;
    }
    return chunks;
  }

  async info(streamId: string): Promise<StreamInfo | null> {
    const row = this.sql(
      "SELECT count, is_closed, failure, writes FROM streams WHERE stream_id = ?",
    ).get(streamId);
    if (!row) return null;
    const { count, failure, writes } = row;
    return {
      count: Number(count),
      isClosed: Boolean(row["is_closed"]),
      ...(failure !== null && { failure: text(failure) }),
      writes: Number(writes),
    };
  }

  async list(runId: string): Promise<string[]> {
    const rows = this.sql(
      `SELECT stream_id FROM streams JOIN runs ON runs.number = streams.run
        WHERE run_id = ? ORDER BY streams.number`,
    ).all(runId);
    return rows.map((row) => text(row["stream_id"]));
  }

  listen(streamId: string, listener: () => void): () => void {
    return this.news.listen(streamId, listener);
  }

  /** Null if there is no such run. A stream that is new when its run is over is closed. */
  private open(name: StreamName) {
    const row = this.find(name.streamId) ?? this.insert(name);
    if (!row) return null;
    const [number, run, count, fence] = ["number", "run", "count", "fence"].map((name) =>
      Number(row[name]),
    );
    const { failure } = row;
    return {
      ...{ number: number!, run: run!, count: count!, fence: fence! },
      isClosed: Boolean(row["is_closed"]),
      failure: failure === null ? null : text(failure),
    };
  }

  private find(streamId: string): Row | undefined {
    return this.sql(
      `SELECT streams.*, runs.fence FROM streams JOIN runs ON runs.number = streams.run
        WHERE stream_id = ?`,
    ).get(streamId);
  }

  private insert({ streamId, runId, isDefault, outlivesRun = false }: StreamName) {
    const [asDefault, outlives] = [isDefault, outlivesRun].map(Number);
    this.sql(
      `INSERT INTO streams (stream_id, run, is_default, outlives, is_closed)
        SELECT ?, number, ?, ?, ended_at IS NOT NULL AND NOT ? FROM runs WHERE run_id = ?`,
    ).run(streamId, asDefault!, outlives!, outlives!, runId);
    return this.find(streamId);
  }

  /** From the counter of the run, which its log has its stamps from as well (W2). */
  private takeStamps(run: number, count: number): number {
    const row = this.sql("UPDATE runs SET stamp = stamp + ? WHERE number = ? RETURNING stamp").get(
      ...[count, run],
    );
    return Number(row!["stamp"]) - count + 1;
  }

  private sql(statement: string) {
    return this.database.sql(statement);
  }
}

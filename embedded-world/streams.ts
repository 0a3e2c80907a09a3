/** Streams of runs: chunks with dense indexes, which stay as long as the run (W6). */
import type { StreamChunk, StreamInfo, StreamName, Streams } from "../lib/contract/world";
import type { Database } from "./database";
import type { News } from "./news";
import { text } from "./run-rows";

export class EmbeddedStreams implements Streams {
  constructor(
    private readonly database: Database,
    private readonly news: News,
  ) {}

  async write(name: StreamName, chunks: readonly string[]): Promise<number | null> {
    const first = this.database.transaction(() => {
      const stream = this.open(name);
      if (!stream || stream.isClosed) return null;
      const stamp = name.isDefault ? this.takeStamps(stream.run, chunks.length) : null;
      chunks.forEach((data, index) => {
        this.sql("INSERT INTO chunks VALUES (?, ?, ?, ?)").run(
          ...[stream.number, stream.count + index, stamp === null ? null : stamp + index, data],
        );
      });
      this.sql("UPDATE streams SET count = count + ? WHERE number = ?").run(
        ...[chunks.length, stream.number],
      );
      return stream.count;
    });
    this.news.ring(name.streamId);
    return first;
  }

  async close(name: StreamName): Promise<void> {
    this.database.transaction(() => {
      const stream = this.open(name);
      if (stream) this.sql("UPDATE streams SET is_closed = 1 WHERE number = ?").run(stream.number);
    });
    this.news.ring(name.streamId);
  }

  async read(streamId: string, from: number, limit: number): Promise<StreamChunk[]> {
    const rows = this.sql(
      `SELECT chunks.number, chunks.stamp, chunks.data FROM chunks
        JOIN streams ON streams.number = chunks.stream
        WHERE stream_id = ? AND chunks.number >= ? ORDER BY chunks.number LIMIT ?`,
    ).all(streamId, from, limit);
    return rows.map((row) => ({
      index: Number(row["number"]),
      stamp: row["stamp"] === null ? null : Number(row["stamp"]),
      data: text(row["data"]),
    }));
  }

  async info(streamId: string): Promise<StreamInfo | null> {
    const row = this.sql("SELECT count, is_closed FROM streams WHERE stream_id = ?").get(streamId);
    return row ? { count: Number(row["count"]), isClosed: Boolean(row["is_closed"]) } : null;
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
  private open({ streamId, runId, isDefault }: StreamName) {
    this.sql(
      `INSERT OR IGNORE INTO streams (stream_id, run, is_default, is_closed)
        SELECT ?, number, ?, ended_at IS NOT NULL FROM runs WHERE run_id = ?`,
    ).run(streamId, isDefault ? 1 : 0, runId);
    const row = this.sql("SELECT * FROM streams WHERE stream_id = ?").get(streamId);
    if (!row) return null;
    const [number, run, count] = [row["number"], row["run"], row["count"]].map(Number);
    return { number: number!, run: run!, count: count!, isClosed: Boolean(row["is_closed"]) };
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

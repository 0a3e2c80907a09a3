/**
 * Writes the chunks of one writer to a stream, in the order in which it got them.
 *
 * - T1 What arrives while a write is under way goes with the next one: batches are as large as the
 *      world is slow, and the first chunk waits for nothing.
 * - T2 Whoever writes faster than the world takes it is made to wait: what is held has a limit.
 * - T3 A chunk is stored once. A write is repeated only when the stream shows that it did not happen.
 */
import { StreamError } from "../contract/error";
import type { StreamName, World } from "../contract/world";
import { type ChunkOrigin, readChunk, writeChunk } from "./chunk";

/** Characters that are held before a writer has to wait, and that are written at once. */
const MOST_HELD = 1024 * 1024;
const MOST_CHUNKS = 500;
/** So long after a write, the next one is the first of others. */
const QUIET_MS = 2;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
const PAGE = 100;

export interface WriterOptions {
  origin: ChunkOrigin;
  /** Of the run's owner: what a stale one writes is refused. */
  fence?: number | undefined;
  /** An attempt before this one may have closed the stream: what comes then is dropped (SM-12). */
  isRepeated?: boolean;
  /** Called when the stream takes no more of what it was given. */
  onRefused?: (reason: Error) => void;
}

export class ChunkWriter {
  private waiting: string[] = [];
  private held = 0;
  /** How many chunks this writer has got, and how many of them are stored. */
  private count = 0;
  private stored = 0;
  /** Where in the stream its next chunk can be at the earliest. */
  private from = 0;
  private isDraining = false;
  private wroteAt = -Infinity;
  private refusal: unknown = null;
  private isGivenUp = false;
  private isDropping = false;
  /** Those who wait for the next batch to be stored. */
  private watchers: (() => void)[] = [];

  constructor(
    private readonly world: World,
    private readonly stream: StreamName,
    private readonly options: WriterOptions,
  ) {}

  /** Resolves when there is room for more (T2); nothing to wait for is `undefined`. */
  write(text: string): Promise<void> | undefined {
    if (this.refusal !== null) throw this.refusal;
    if (this.isDropping) return undefined;
    const data = writeChunk(this.options.origin, this.count++, text);
    this.waiting.push(data);
    this.held += data.length;
    if (!this.isDraining) void this.drain();
    return this.held > MOST_HELD ? this.untilRoom() : undefined;
  }

  /** Resolves when everything that was written is stored; what comes meanwhile is not waited for. */
  async flush(): Promise<void> {
    const { count } = this;
    while (this.refusal === null && this.stored < count) await this.nextBatch();
    if (this.refusal !== null) throw this.refusal;
  }

  /** With why it breaks off, if it does: what was written before is read all the same. */
  async close(failure?: string): Promise<void> {
    await this.flush();
    this.refusal = closed();
    const { world, stream, options } = this;
    await this.untilDone(() => world.streams.close(stream, failure, options.fence));
  }

  /** Nothing more is taken; what is held is not stored. */
  abandon(reason: unknown): void {
    this.refusal ??= reason;
    this.isGivenUp = true;
    this.waiting = [];
    this.held = 0;
    this.tell();
  }

  private async untilRoom(): Promise<void> {
    while (this.refusal === null && this.held > MOST_HELD) await this.nextBatch();
  }

  private nextBatch(): Promise<void> {
    return new Promise((resolve) => this.watchers.push(resolve));
  }

  private tell(): void {
    for (const watcher of this.watchers.splice(0)) watcher();
  }

  private async drain(): Promise<void> {
    this.isDraining = true;
    while (this.waiting.length > 0) {
      // Whoever writes in a loop that awaits has written more by then. The first one goes at once.
      if (performance.now() - this.wroteAt < QUIET_MS) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const batch = this.takeBatch();
      if (batch.length === 0) break;
      const first = await this.store(batch);
      if (first === null) this.refuse();
      else this.from = first + batch.length;
      this.stored += batch.length;
      this.wroteAt = performance.now();
      this.tell();
    }
    this.isDraining = false;
  }

  private refuse(): void {
    if (this.options.isRepeated && this.refusal === null) {
      this.isDropping = true;
      this.stored += this.waiting.length;
      this.waiting = [];
      this.held = 0;
      return;
    }
    const reason = closed();
    this.abandon(reason);
    this.options.onRefused?.(reason);
  }

  private takeBatch(): string[] {
    let [size, end] = [0, 0];
    while (end < this.waiting.length && end < MOST_CHUNKS && size < MOST_HELD) {
      size += this.waiting[end++]!.length;
    }
    this.held -= size;
    return this.waiting.splice(0, end);
  }

  private async store(batch: readonly string[]): Promise<number | null> {
    const { world, stream, options } = this;
    for (;;) {
      try {
        return await world.streams.write(stream, batch, options.fence);
      } catch (error) {
        if (this.isOver(error)) return null;
      }
      // Until somebody says what became of it, it is not written again.
      const found = await this.untilLooked();
      if (found !== "not stored") return found;
    }
  }

  private async untilLooked(): Promise<number | null | "not stored"> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (this.refusal !== null) return null;
      try {
        return (await this.findStored()) ?? "not stored";
      } catch (error) {
        if (this.isOver(error)) return null;
      }
    }
  }

  private isOver(error: unknown): boolean {
    if (this.refusal === null && !isClosedWorld(error)) return false;
    this.abandon(error);
    return true;
  }

  /** Where the batch under way is, if the write whose answer was lost went through (T3). */
  private async findStored(): Promise<number | null> {
    const { writer, attempt } = this.options.origin;
    for (let from = this.from; ;) {
      const page = await this.world.streams.read(this.stream.streamId, from, PAGE);
      for (const { index, data } of page) {
        const chunk = readChunk(data);
        const isOwn = chunk.writer === writer && chunk.attempt === attempt;
        if (isOwn && chunk.number === this.stored) return index;
      }
      if (page.length === 0) return null;
      from = page.at(-1)!.index + 1;
    }
  }

  private async untilDone(action: () => Promise<void>): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await action();
      } catch (error) {
        if (this.isGivenUp || isClosedWorld(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

function closed(): StreamError {
  return new StreamError("STREAM_CLOSED", "The stream is closed, and takes no more");
}

export function isClosedWorld(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "WORLD_CLOSED";
}

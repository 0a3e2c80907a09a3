/**
 * Reads the chunks of one stream, from an index on, to its end.
 *
 * - T4 It listens before it looks, so that nothing falls between the two; and while it waits it asks
 *      nobody (P9), except where the writer is another process whose end nobody would tell.
 * - T5 A stream is over when it is closed, or its run is. What breaks off says so: never a quiet end.
 */
import { StreamError, WorkflowRunNotFoundError } from "../contract/error";
import { TERMINAL } from "../contract/run";
import type { StreamPlan } from "../contract/stream";
import type { StreamChunk, StreamInfo, World } from "../contract/world";

/** Few at first: who reads one chunk should not pay for many. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 256;
/** A pump shows every five seconds that it is there. */
export const SIGN_OF_LIFE_MS = 5_000;
/** A process may be busy for a while, and give no signs then. */
const GONE_AFTER_MS = 12 * SIGN_OF_LIFE_MS;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface ChunkReaderOptions {
  /** The index to begin at. */
  from?: number | undefined;
  /** How long a pump may be silent. */
  goneAfterMs?: number;
  /** Called when there is nothing to read yet. */
  onWait?: (() => void) | undefined;
}

export class ChunkReader {
  private page: StreamChunk[] = [];
  private at = 0;
  private pageSize = FIRST_PAGE;
  private isCancelled = false;
  private wake: (() => void) | null = null;
  /** How often the writer was heard of, and when it was last more often than before. */
  private heard = { writes: -1, at: performance.now() };

  private next: number;
  private readonly goneAfterMs: number;
  private readonly onWait: (() => void) | undefined;

  constructor(
    private readonly world: World,
    private readonly stream: StreamPlan,
    { from = 0, goneAfterMs = GONE_AFTER_MS, onWait }: ChunkReaderOptions = {},
  ) {
    this.onWait = onWait;
    this.next = from;
    this.goneAfterMs = goneAfterMs;
  }

  /** Null when there are no more. */
  async read(): Promise<StreamChunk | null> {
    if (this.at === this.page.length) await this.turnPage();
    const chunk = this.page[this.at];
    if (!chunk) return null;
    this.at++;
    return chunk;
  }

  /** Whoever waits in `read` gets null. */
  cancel(): void {
    this.isCancelled = true;
    this.page = [];
    this.at = 0;
    this.wake?.();
  }

  private async turnPage(): Promise<void> {
    this.page = [];
    this.at = 0;
    await this.load();
    if (this.page.length > 0 || this.isCancelled) return;
    const { world, stream } = this;
    let rings = 0;
    const ring = () => {
      rings++;
      this.wake?.();
    };
    const stops = [
      world.streams.listen(stream.streamId, ring),
      world.runs.listenForEnd(stream.runId, ring),
    ];
    try {
      while (!this.isCancelled) {
        const seen = rings;
        await this.load();
        if (this.page.length > 0 || (await this.loadOrEnd())) return;
        if (rings === seen && !this.isCancelled) await this.untilRung();
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** True if there is a page, or nothing more will come. */
  private async loadOrEnd(): Promise<boolean> {
    const info = await this.world.streams.info(this.stream.streamId);
    const isOver = info?.isClosed || (await this.isRunOver(info));
    // What was written before it was closed is there now.
    await this.load();
    if (this.page.length > 0) return true;
    if (info?.failure !== undefined && info.isClosed) {
      throw new StreamError("STREAM_BROKEN", `The stream broke off: ${info.failure}`);
    }
    if (!isOver) await this.checkWriter(info);
    return isOver;
  }

  private async load(): Promise<void> {
    const { world, stream, pageSize } = this;
    const page = await world.streams.read(stream.streamId, this.next, pageSize);
    if (this.isCancelled || page.length === 0) return;
    if (page[0]!.index !== this.next) {
      const message = `The chunks ${this.next} to ${page[0]!.index - 1} of the stream are not kept any more`;
      throw new StreamError("STREAM_GAP", message);
    }
    this.page = page;
    this.next = page.at(-1)!.index + 1;
    this.pageSize = Math.min(pageSize * 2, LARGEST_PAGE);
  }

  /** A stream that nobody has written to is in no list that the end of a run closes. */
  private async isRunOver(info: StreamInfo | null): Promise<boolean> {
    if (info && this.stream.outlivesRun) return false;
    const run = await this.world.runs.get(this.stream.runId);
    if (!run) throw new WorkflowRunNotFoundError(this.stream.runId);
    return TERMINAL.has(run.status) && !this.stream.outlivesRun;
  }

  /** Chunks that come from outside of the run stop for ever when the process they came from does. */
  private async checkWriter(info: StreamInfo | null): Promise<void> {
    if (!needsSigns(this.stream)) return;
    const writes = info?.writes ?? 0;
    const now = performance.now();
    if (writes !== this.heard.writes) this.heard = { writes, at: now };
    if (now - this.heard.at < this.goneAfterMs) return;
    const failure = "the process that wrote it has ended";
    await this.world.streams.close(this.stream, failure);
    throw new StreamError("STREAM_BROKEN", `The stream broke off: ${failure}`);
  }

  private async untilRung(): Promise<void> {
    this.onWait?.();
    const signs = Math.min(SIGN_OF_LIFE_MS, this.goneAfterMs);
    const ms = needsSigns(this.stream) ? signs : LONGEST_TIMER_MS;
    // Somebody waits, so the process has something to live for.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}

/** Streams that a pump writes. */
function needsSigns({ purpose }: StreamPlan): boolean {
  return purpose === "in" || purpose === "out" || purpose === "body";
}

/** A stream without a world, of which tests decide each chunk and see every reader. */
import { StreamError, WorkflowRunNotFoundError } from "../../lib/contract/error";
import type { RunStatus } from "../../lib/contract/run";
import type { StreamedItem, StreamedRun, StreamState } from "../../middleware/stream-source";

type Written = Pick<StreamedItem, "value"> & Partial<StreamedItem>;

export class FakeRun implements StreamedRun {
  readonly items: StreamedItem[] = [];
  /** How many readers there are now, and how many chunks all of them took. */
  readers = 0;
  taken = 0;
  isMissing = false;
  private state: "open" | "closed" | "broken" | "unreachable" = "open";
  private readonly waiting = new Set<() => void>();

  write(...values: unknown[]): this {
    for (const value of values) this.add({ value });
    return this;
  }

  add(...written: Written[]): this {
    for (const item of written) {
      this.items.push({ stepId: "step-1", attempt: 1, ...item, index: this.items.length });
    }
    return this.ring();
  }

  close(): this {
    this.state = "closed";
    return this.ring();
  }

  /** A writer gave up. */
  abort(): this {
    this.state = "broken";
    return this.ring();
  }

  /** The world does not answer. */
  lose(): this {
    this.state = "unreachable";
    return this.ring();
  }

  /** As after `run.retry()`. */
  reopen(): this {
    this.state = "open";
    return this;
  }

  get status(): Promise<RunStatus> {
    if (this.isMissing) return Promise.reject(new WorkflowRunNotFoundError("wrun_1"));
    return Promise.resolve(this.state === "closed" ? "completed" : "running");
  }

  async getStreamInfo(): Promise<StreamState> {
    const isClosed = this.state === "closed" || this.state === "broken";
    return { count: this.items.length, isClosed };
  }

  getChunks({ startIndex = 0 } = {}): ReadableStream<StreamedItem> {
    let next = startIndex;
    let wake: (() => void) | null = null;
    let isCancelled = false;
    const end = () => {
      this.readers--;
      if (wake) this.waiting.delete(wake);
    };
    this.readers++;
    return new ReadableStream<StreamedItem>(
      {
        pull: async (controller) => {
          while (next >= this.items.length && this.state === "open" && !isCancelled) {
            await new Promise<void>((resolve) => this.waiting.add((wake = resolve)));
          }
          if (isCancelled) return;
          const item = this.items[next++];
          if (item) {
            this.taken++;
            return controller.enqueue(item);
          }
          end();
          if (this.state === "closed") return controller.close();
          const broken = new StreamError("STREAM_BROKEN", "The stream broke off: no paper");
          controller.error(this.state === "broken" ? broken : new Error("ECONNREFUSED 10.0.0.7"));
        },
        cancel: () => {
          isCancelled = true;
          end();
          wake?.();
        },
      },
      { highWaterMark: 0 },
    );
  }

  private ring(): this {
    for (const wake of [...this.waiting]) {
      this.waiting.delete(wake);
      wake();
    }
    return this;
  }
}

export interface SseEvent {
  id?: string;
  event: string;
  data: unknown;
}

/** The events of a text, and nothing of what is not one. */
export function eventsOf(text: string): SseEvent[] {
  return text.split("\n\n").flatMap((block) => {
    const lines = block.split("\n").filter((line) => /^(?:id|event|data): /.test(line));
    const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s)));
    const { id, event = "message", data } = fields as Record<string, string | undefined>;
    if (data === undefined) return [];
    return [{ ...(id !== undefined && { id }), event, data: JSON.parse(data) as unknown }];
  });
}

/**
 * How chunks are written in each format.
 *
 * - SH1 In SSE the id of an event is the index of its chunk, so that a client which names the last one
 *   it has seen gets the next. The end has an id of its own: who has seen that is told nothing more.
 * - SH2 A chunk of a later attempt of a step is announced, since the attempt before it may have
 *   written the same. An announcement may come twice when a client reconnects; it says the same then.
 * - SH3 A response that does not hold the whole stream does not end as if it did.
 */
import { bytesOf, jsonOf } from "./stream-json";
import type { StreamedItem, StreamFormat } from "./stream-source";

export interface StreamWriter {
  readonly contentType: string;
  /** Sent before all else; empty if there is nothing to say. */
  opening(): string;
  /** What the client has already, and what is written next to it depends on. */
  skip(item: StreamedItem): void;
  chunk(item: StreamedItem): string | Uint8Array;
  /** When there are no more chunks; `next` is the index behind the last one. */
  end(next: number): string;
  /** When the stream broke. Null: the response has to be cut off to say so. */
  failed(next: number, message: string): string | null;
  /** That the stream is alive; null if the format has no such thing. */
  readonly heartbeat: string | null;
}

export function streamWriter(format: StreamFormat): StreamWriter {
  if (format === "sse") return new SseWriter();
  return format === "ndjson" ? new NdjsonWriter() : new PlainWriter();
}

/** The `id` of the end: the index behind the last chunk, marked. */
export const END_MARK = "-end";
const RECONNECT_MS = 1_000;

class SseWriter implements StreamWriter {
  readonly contentType = "text/event-stream; charset=utf-8";
  readonly heartbeat = ":\n\n";
  /** Of the steps that are not in their first attempt. */
  private readonly attempts = new Map<string, number>();

  opening(): string {
    return `retry: ${RECONNECT_MS}\n\n`;
  }

  skip(item: StreamedItem): void {
    this.isLaterAttempt(item);
  }

  chunk(item: StreamedItem): string {
    const { index, value, stepId, attempt } = item;
    const announcement = this.isLaterAttempt(item)
      ? `event: attempt\ndata: ${JSON.stringify({ stepId, attempt })}\n\n`
      : "";
    return `${announcement}id: ${index}\ndata: ${jsonOf(value)}\n\n`;
  }

  end(next: number): string {
    return `id: ${next}${END_MARK}\nevent: end\ndata: ${JSON.stringify({ count: next })}\n\n`;
  }

  failed(next: number, message: string): string {
    return `id: ${next}${END_MARK}\nevent: failed\ndata: ${JSON.stringify({ message })}\n\n`;
  }

  private isLaterAttempt({ stepId, attempt }: StreamedItem): boolean {
    if (stepId === null || attempt <= (this.attempts.get(stepId) ?? 1)) return false;
    this.attempts.set(stepId, attempt);
    return true;
  }
}

class NdjsonWriter implements StreamWriter {
  readonly contentType = "application/x-ndjson; charset=utf-8";
  readonly heartbeat = null;

  opening = () => "";
  skip = () => undefined;
  chunk = ({ value }: StreamedItem) => `${jsonOf(value)}\n`;
  end = () => "";
  failed = () => null;
}

/** A character may be split over two strings: its first half waits for the second. */
class PlainWriter implements StreamWriter {
  readonly contentType = "text/plain; charset=utf-8";
  readonly heartbeat = null;
  private half = "";

  opening = () => "";
  skip = () => undefined;
  failed = () => null;

  chunk({ value }: StreamedItem): string | Uint8Array {
    const bytes = bytesOf(value);
    if (bytes) return this.half === "" ? bytes : Buffer.concat([Buffer.from(this.rest()), bytes]);
    if (typeof value !== "string") return this.rest() + jsonOf(value);
    const text = this.rest() + value;
    if (!/[\uD800-\uDBFF]$/.test(text)) return text;
    this.half = text.slice(-1);
    return text.slice(0, -1);
  }

  end(): string {
    return this.rest();
  }

  private rest(): string {
    const { half } = this;
    this.half = "";
    return half;
  }
}

/**
 * The body of a response that follows a stream. It reads when it is asked for more and not before:
 * a client that is slow costs one chunk of memory, and for one that has gone the reader is released,
 * also while nobody asks.
 */
import { SerializationError, StreamError } from "../lib/contract/error";
import type { StreamWriter } from "./stream-formats";
import type { StreamedItem } from "./stream-source";

export interface StreamBodyParts {
  items: ReadableStream<StreamedItem>;
  writer: StreamWriter;
  /** The index of the first chunk that the client has not seen; what comes before is not sent. */
  next: number;
  heartbeatMs: number;
}

type Controller = ReadableStreamDefaultController<Uint8Array>;
type Arrival =
  | { result: { done: boolean; value?: StreamedItem }; error?: never }
  | { result?: never; error: unknown };

export function streamBody(parts: StreamBodyParts): ReadableStream<Uint8Array> {
  return new ReadableStream(new StreamBody(parts), { highWaterMark: 0 });
}

class StreamBody {
  private readonly reader: ReadableStreamDefaultReader<StreamedItem>;
  private readonly encoder = new TextEncoder();
  private next: number;
  private isReading = false;
  private isOver = false;
  private arrived: Arrival | null = null;
  private wake: () => void = () => undefined;

  constructor(private readonly parts: StreamBodyParts) {
    this.reader = parts.items.getReader();
    this.next = parts.next;
  }

  start(controller: Controller): void {
    this.send(controller, this.parts.writer.opening());
  }

  async pull(controller: Controller): Promise<void> {
    while (!this.isOver) {
      const arrival = await this.arrivalOrHeartbeat();
      if (this.isOver) return;
      const wasSent = arrival
        ? this.take(controller, arrival)
        : this.send(controller, this.parts.writer.heartbeat ?? "");
      if (wasSent) return;
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.isOver = true;
    this.wake();
    await this.reader.cancel(reason);
  }

  /** Null when it is time for a heartbeat. */
  private async arrivalOrHeartbeat(): Promise<Arrival | null> {
    if (!this.isReading && !this.arrived) void this.read();
    if (!this.arrived) await this.untilWoken();
    const { arrived } = this;
    this.arrived = null;
    return arrived;
  }

  /** Once for each chunk, however many heartbeats it takes until that comes. */
  private async read(): Promise<void> {
    this.isReading = true;
    this.arrived = await this.reader.read().then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    this.isReading = false;
    this.wake();
  }

  private untilWoken(): Promise<void> {
    const { writer, heartbeatMs } = this.parts;
    return new Promise((resolve) => {
      const isBeating = writer.heartbeat !== null && heartbeatMs > 0;
      const timer = isBeating ? setTimeout(resolve, heartbeatMs) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Whether that put something into the body, or ended it. */
  private take(controller: Controller, { result, error }: Arrival): boolean {
    const { writer } = this.parts;
    if (!result) return this.breakOff(controller, error, this.whyForGood(error));
    const item = result.value;
    if (!item) return this.close(controller, writer.end(this.next));
    if (item.index < this.next) {
      writer.skip(item);
      return false;
    }
    try {
      const wasSent = this.send(controller, writer.chunk(item));
      this.next = item.index + 1;
      return wasSent;
    } catch (cause) {
      this.reader.cancel(cause).catch(() => undefined);
      const why = `Chunk ${item.index} contains itself and cannot be written as JSON`;
      return this.breakOff(controller, cause, why);
    }
  }

  /** Null if a client that comes back may well get the rest. */
  private whyForGood(error: unknown): string | null {
    if (StreamError.is(error)) return error.message.split("\n")[0]!;
    return SerializationError.is(error) ? `Chunk ${this.next} cannot be read` : null;
  }

  private breakOff(controller: Controller, error: unknown, why: string | null): boolean {
    const farewell = why === null ? null : this.parts.writer.failed(this.next, why);
    if (farewell !== null) return this.close(controller, farewell);
    this.isOver = true;
    controller.error(error);
    return true;
  }

  private close(controller: Controller, farewell: string): boolean {
    this.send(controller, farewell);
    this.isOver = true;
    controller.close();
    return true;
  }

  private send(controller: Controller, data: string | Uint8Array): boolean {
    if (data.length === 0) return false;
    controller.enqueue(typeof data === "string" ? this.encoder.encode(data) : data);
    return true;
  }
}

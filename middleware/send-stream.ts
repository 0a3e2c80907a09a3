/** A run's stream as the response of Express and node:http, as fast as its client takes it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerWithStream, type StreamAnswer } from "./stream-answer";
import type { RequestHead } from "./stream-request";
import type { SendStreamOptions, StreamedRun } from "./stream-source";

export type { SendStreamOptions } from "./stream-source";

/**
 * Resolves when the response is over: all of it was written, or the client has gone. Rejects, and
 * has written nothing, if the stream cannot be read at all.
 */
export async function sendStream(
  req: IncomingMessage,
  res: ServerResponse,
  run: StreamedRun,
  options: SendStreamOptions = {},
): Promise<void> {
  const answer = await answerWithStream(run, headOf(req), options);
  const { body } = answer;
  if (body instanceof ReadableStream) {
    const reader = body.getReader();
    if (isGone(res)) return reader.cancel();
    writeHead(res, answer);
    return copy(reader, res);
  }
  if (isGone(res)) return;
  writeHead(res, answer);
  res.end(body ?? undefined);
}

function headOf({ method = "GET", url = "/", headers }: IncomingMessage): RequestHead {
  const header = (name: string) => {
    const value = headers[name];
    return (Array.isArray(value) ? value.join(", ") : value) ?? null;
  };
  return { method, url, header };
}

function writeHead(res: ServerResponse, { status, headers, body }: StreamAnswer): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    const before = name === "vary" ? res.getHeader("vary") : undefined;
    res.setHeader(name, before === undefined ? value : `${String(before)}, ${value}`);
  }
  if (body instanceof ReadableStream) res.flushHeaders();
}

/** What `compression()` adds: what it holds back until its buffer is full goes out now. */
interface Flushable {
  flush?: () => void;
}

async function copy(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  res: ServerResponse & Flushable,
): Promise<void> {
  const client = new Client(res);
  void client.gone.then(() => reader.cancel().catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isGone(res)) return;
      if (done) return void res.end();
      const hasRoom = res.write(value);
      res.flush?.();
      if (!hasRoom) await client.hasRoom();
    }
  } catch {
    // The status is with the client already. A response that is cut off is not taken for a whole.
    res.destroy();
  } finally {
    client.forget();
  }
}

/** One pair of listeners for each response, however often it is full. */
class Client {
  readonly gone: Promise<void>;
  private resume: () => void = () => undefined;
  private readonly onDrain = () => this.resume();
  private onClose: () => void = () => undefined;

  constructor(private readonly res: ServerResponse) {
    this.gone = new Promise((resolve) => {
      this.onClose = () => {
        resolve();
        this.resume();
      };
    });
    res.on("drain", this.onDrain);
    res.once("close", this.onClose);
  }

  hasRoom(): Promise<void> {
    if (isGone(this.res)) return Promise.resolve();
    return new Promise((resolve) => (this.resume = resolve));
  }

  forget(): void {
    this.res.off("drain", this.onDrain);
    this.res.off("close", this.onClose);
  }
}

function isGone(res: ServerResponse): boolean {
  return res.destroyed || res.writableEnded;
}

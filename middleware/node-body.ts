/**
 * The body of a request of node:http as a stream of Fetch. Who stops reading it does not break the
 * connection, on which an answer is still to go: the rest is read and dropped, as Node does itself.
 */
import type { IncomingMessage } from "node:http";

const BUFFERED_BYTES = 65_536;

export function streamOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (action: () => void) => {
          if (isOver) return;
          isOver = true;
          action();
        };
        const breakOff = () => controller.error(new Error("The sender has gone away"));
        // What stood ahead of us has taken longer than that: nobody says so again.
        if (req.destroyed) return end(breakOff);
        req.on("data", (chunk: Buffer) => {
          if (isOver) return;
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
          if ((controller.desiredSize ?? 0) <= 0) req.pause();
        });
        req.on("end", () => end(() => controller.close()));
        req.on("error", (error) => end(() => controller.error(error)));
        req.on("close", () => end(breakOff));
        req.pause();
      },
      pull() {
        req.resume();
      },
      cancel() {
        isOver = true;
        req.resume();
      },
    },
    { highWaterMark: BUFFERED_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

/** Reads until it knows whether there is anything. */
export function hasContent(req: IncomingMessage): Promise<boolean> {
  const declared = Number(req.headers["content-length"] ?? 0);
  const isOver = req.readableDidRead || req.readableEnded || req.destroyed;
  if (declared > 0 || isOver) return Promise.resolve(declared > 0);
  return new Promise((resolve) => {
    const settle = (found: boolean) => {
      resolve(found);
      req.resume();
    };
    req.once("data", () => settle(true));
    for (const event of ["end", "close", "error"]) req.once(event, () => settle(false));
  });
}

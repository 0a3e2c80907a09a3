/** Servers on real sockets that send streams, one of each kind that `sendStream` is for. */
import http, {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as WebReadableStream } from "node:stream/web";
import compression from "compression";
import express from "express";
import express4 from "express-4";
import { streamResponse } from "../../middleware/stream-response";
import { sendStream } from "../../middleware/send-stream";
import type { SendStreamOptions, StreamedRun } from "../../middleware/stream-source";

export type Kind = "Express 5" | "Express 4" | "node:http" | "fetch style";
export const KINDS: readonly Kind[] = ["Express 5", "Express 4", "node:http", "fetch style"];

export interface StreamServer {
  port: number;
  server: Server;
  /** How many requests are still being answered. */
  active(): number;
  /** What a handler was rejected with. */
  rejections: unknown[];
  close(): Promise<void>;
}

/** Every path leads to the stream of the run. */
export async function serveStream(
  kind: Kind,
  run: StreamedRun,
  options: SendStreamOptions & { compress?: boolean } = {},
): Promise<StreamServer> {
  const { compress = false, ...rest } = options;
  let active = 0;
  const rejections: unknown[] = [];
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    active++;
    const sending =
      kind === "fetch style"
        ? sendFetchStyle(req, res, run, rest)
        : sendStream(req, res, run, rest);
    sending
      .catch((error: unknown) => {
        rejections.push(error);
        if (!res.headersSent) res.writeHead(500).end("failed");
      })
      .finally(() => active--);
  };
  const server = createServer(listenerOf(kind, handle, compress));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...{ port: (server.address() as AddressInfo).port, server, rejections },
    active: () => active,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

type Handle = (req: IncomingMessage, res: ServerResponse) => void;

/** What both versions have of an app. */
interface App {
  use(path: string, handle: Handle): void;
  use(handle: unknown): void;
}

function listenerOf(kind: Kind, handle: Handle, compress: boolean): Handle {
  if (kind !== "Express 4" && kind !== "Express 5") return handle;
  const app = (kind === "Express 5" ? express() : express4()) as unknown as App & Handle;
  if (compress) app.use(compression());
  app.use("/api", handle);
  app.use(handle);
  return app;
}

/** What a server that works with Request and Response does. */
async function sendFetchStyle(
  req: IncomingMessage,
  res: ServerResponse,
  run: StreamedRun,
  options: SendStreamOptions,
): Promise<void> {
  const headers = Object.entries(req.headers).map(([name, value]) => [name, String(value)]);
  const init = {
    method: req.method!,
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
  const request = new Request(`http://localhost${req.url ?? "/"}`, init);
  const response = await streamResponse(run, { ...options, request });
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) return void res.end();
  res.flushHeaders();
  const body = Readable.fromWeb(response.body as WebReadableStream<Uint8Array>);
  // It destroys the one when the other ends too early.
  await pipeline(body, res).catch(() => undefined);
}

export interface Received {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** The whole answer; rejects when it was cut off. */
export function get(
  port: number,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  method = "GET",
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          ...{ status: response.statusCode!, headers: response.headers },
          body: Buffer.concat(parts),
        }),
      );
    });
    request.once("error", reject).end();
  });
}

/** A client that has asked, and reads only what the test takes from it. */
export async function openSocket(port: number, path = "/stream"): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`);
  return socket;
}

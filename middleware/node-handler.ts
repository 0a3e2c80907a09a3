/** The routes for node:http, and for everything that calls `(req, res, next)`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { consoleLogger } from "../lib/engine/logger";
import type { Logger } from "../lib/engine/logger";
import { empty, plain } from "./answer";
import { pathOf, refusalOf, toRequest } from "./node-request";
import { sendResponse } from "./node-response";
import { routeOf } from "./route";

type FetchHandler = (request: Request) => Promise<Response | null>;

export type NodeHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  /** Called for a request to none of our routes, which is a 404 without it. */
  next?: (error?: unknown) => void,
) => void;

export interface NodeHandlerOptions {
  log?: Logger;
}

/** Makes a listener of a handler that takes a `Request` and gives a `Response`. */
export function toNodeHandler(
  handler: FetchHandler,
  options: NodeHandlerOptions = {},
): NodeHandler {
  const { log = consoleLogger } = options;
  return (req, res, next) => {
    const path = pathOf(req).split("?", 1)[0]!;
    if (!isOurs(path)) return next ? next() : notFound(res);
    void serve(handler, req, res).then(
      (isAnswered) => {
        if (!isAnswered) notFound(res);
      },
      (error: unknown) => {
        // A client that has gone away is nothing that anybody has to look at.
        if (!res.destroyed || !req.destroyed) log("error", `A request failed: ${textOf(error)}`);
        if (res.headersSent) res.destroy();
        else sendResponse(res, empty(500)).catch(() => res.destroy());
      },
    );
  };
}

/** As a `Request` has it: without `..`, say. */
function isOurs(path: string): boolean {
  const address = `http://localhost${path}`;
  return URL.canParse(address) && routeOf(new URL(address).pathname) !== null;
}

async function serve(
  handler: FetchHandler,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  const gone = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) gone.abort(new Error("The client has gone away"));
  });
  // What stood ahead of us may have taken so long that nobody waits any more.
  if (res.destroyed) gone.abort(new Error("The client has gone away"));
  const response = await toRequest(req, gone.signal).then(handler, (error: unknown) => {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return plain(refusal.status, refusal.message);
  });
  if (response) await sendResponse(res, response);
  return response !== null;
}

function notFound(res: ServerResponse): void {
  void sendResponse(res, empty(404));
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

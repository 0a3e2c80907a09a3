/** Responses of Fetch on their way out through node:http: status, headers and bytes as they are. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { storedContent } from "../lib/engine/body-content";

/** They are about one connection, and Node decides about that. */
const OF_THE_CONNECTION = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  "upgrade",
]);

/** What `compression()` adds: without it, it holds back what it has. */
type Flushing = ServerResponse & { flush?: () => void };

/**
 * Resolves when all is written, or when the one who asked has gone away. What it rejects for before
 * the head is out leaves nothing of the response behind: another one can be sent.
 */
export async function sendResponse(res: ServerResponse, response: Response): Promise<void> {
  try {
    await write(res, response);
  } catch (error) {
    if (!res.headersSent) {
      for (const name of response.headers.keys()) res.removeHeader(name);
      if (response.statusText !== "") res.statusMessage = "";
    }
    throw error;
  }
}

async function write(res: ServerResponse, response: Response): Promise<void> {
  const { body } = response;
  const isWithout = !body || res.req.method === "HEAD" || [204, 304].includes(response.status);
  if (res.destroyed) return body?.cancel();
  setHead(res, response);
  if (isWithout) {
    await body?.cancel();
    res.end();
    return;
  }
  const content = storedContent(body);
  // Most answers are short, and known as a whole: one write sends them, headers and all.
  if (content !== undefined) res.end(content);
  else await sendBody(res, body);
}

function setHead(res: ServerResponse, { status, statusText, headers }: Response): void {
  res.statusCode = status;
  if (statusText !== "") res.statusMessage = statusText;
  // Node counts what goes out. One byte more than was said would begin the next answer.
  const isLengthFree = res.req.method === "HEAD" || status === 304;
  for (const [name, value] of headers) {
    if (name === "set-cookie" || OF_THE_CONNECTION.has(name)) continue;
    if (name !== "content-length" || isLengthFree) res.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) res.setHeader("set-cookie", cookies);
}

async function sendBody(res: Flushing, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const onClose = () => void reader.cancel().catch(() => undefined);
  res.once("close", onClose);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || res.destroyed) break;
      const isTaken = res.write(value);
      res.flush?.();
      if (!isTaken) await drained(res);
    }
    res.off("close", onClose);
    res.end();
  } catch (error) {
    res.off("close", onClose);
    // The status is out; only a broken connection says that this is not all.
    res.destroy(error as Error);
    throw error;
  }
}

async function drained(res: ServerResponse): Promise<void> {
  if (res.destroyed) return;
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(res, "drain", { signal }), once(res, "close", { signal })]).finally(() =>
    waiting.abort(),
  );
}

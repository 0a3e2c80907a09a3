/**
 * Requests of node:http, and of what is built on it, as Fetch has them: the same bytes, the same
 * headers, an absolute address.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WorkflowRuntimeError } from "../lib/contract/error";
import { hasContent, streamOf } from "./node-body";

/** What Express and body parsers add to a request. */
export interface AppRequest extends IncomingMessage {
  originalUrl?: string;
  baseUrl?: string;
  body?: unknown;
  rawBody?: unknown;
  app?: { get?: (setting: string) => unknown };
}

/** A request that cannot be one of Fetch; `status` is for its sender, and the message too. */
export class RequestRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Origin {
  protocol: "http" | "https";
  host: string;
}

/** Throws a `RequestRefusal`, or WEBHOOK_BODY_PARSED. */
export async function toRequest(req: AppRequest, signal: AbortSignal): Promise<Request> {
  const { method = "GET" } = req;
  const { protocol, host } = originOf(req);
  const url = `${protocol}://${host}${pathOf(req)}`;
  const body = await bodyOf(req, method);
  const init: RequestInit = { method, headers: headersOf(req), signal };
  if (body !== null) Object.assign(init, { body, duplex: "half" });
  try {
    return new Request(url, init);
  } catch (cause) {
    // TRACE, say, which Fetch does not know.
    throw new RequestRefusal(405, `A ${method} request cannot be taken: ${String(cause)}`);
  }
}

/** As it was sent, also below a prefix. */
export function pathOf(req: AppRequest): string {
  const target = req.originalUrl ?? req.url ?? "/";
  if (target.startsWith("/")) return target;
  const url = URL.canParse(target) ? new URL(target) : null;
  return url ? url.pathname + url.search : "/";
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;

/** What proxies say counts where the app trusts them (`trust proxy`). */
export function originOf(req: AppRequest): Origin {
  const { socket, headers } = req;
  const isSecure = "encrypted" in socket && socket.encrypted === true;
  const isTrusted = trustsPeer(req);
  const forwarded = isTrusted ? firstOf(headers["x-forwarded-proto"]) : undefined;
  const isNamed = forwarded === "http" || forwarded === "https";
  const protocol = isNamed ? forwarded : isSecure ? "https" : "http";
  // HTTP/2 has another name for it.
  const sent = headers.host ?? (headers[":authority"] as string | undefined);
  const named = [isTrusted ? firstOf(headers["x-forwarded-host"]) : undefined, sent];
  const host = named.find((each) => each !== undefined && isHost(each));
  return { protocol, host: host ?? localHost(socket) };
}

/** Of what looks like one, some are none: 1.2.3.4.5, or a port above 65535. */
function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}`);
}

/** Whether the peer is a proxy that the app trusts, and says for which host the request was. */
export function isForwarded(req: AppRequest): boolean {
  const { headers } = req;
  return "x-forwarded-host" in headers && trustsPeer(req);
}

type Trust = (address: string | undefined, hops: number) => boolean;

function trustsPeer({ app, socket }: AppRequest): boolean {
  const trust = app?.get?.("trust proxy fn");
  return typeof trust === "function" && (trust as Trust)(socket.remoteAddress, 0);
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(",")[0]!.trim();
}

function localHost({ localPort }: Socket): string {
  return localPort === undefined ? "localhost" : `localhost:${localPort}`;
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name, value] = [rawHeaders[index]!, rawHeaders[index + 1]!];
    // Those of HTTP/2 that are no headers.
    if (name.startsWith(":")) continue;
    if (name.toLowerCase() === "cookie") cookies.push(value);
    else headers.append(name, value);
  }
  if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
  return headers;
}

const BODILESS = new Set(["GET", "HEAD"]);

async function bodyOf(
  req: AppRequest,
  method: string,
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null> {
  if (!mayHaveBody(req)) return null;
  if (BODILESS.has(method)) {
    if (!(await hasContent(req))) return null;
    throw new RequestRefusal(
      400,
      `A ${method} request with a body cannot be taken: send it with POST.`,
    );
  }
  if (req.readableDidRead) return recovered(req);
  // A parser has come to its end, and there was nothing.
  return req.readableEnded ? null : streamOf(req);
}

function mayHaveBody(req: IncomingMessage): boolean {
  const { headers, httpVersionMajor } = req;
  const length = headers["content-length"];
  if (headers["transfer-encoding"] !== undefined) return true;
  if (length !== undefined || httpVersionMajor < 2) return Number(length ?? 0) > 0;
  // There a body need not be announced.
  const { stream } = req as { stream?: { endAfterHeaders?: boolean } };
  return stream?.endAfterHeaders === false;
}

/** What a body parser has read already: the bytes are only there if it kept them as they came. */
function recovered({ rawBody, body, headers }: AppRequest): Uint8Array<ArrayBuffer> {
  const { "content-encoding": encoding = "identity" } = headers;
  const kept = [rawBody, body].find((each) => each instanceof Uint8Array);
  if (kept && encoding === "identity") return new Uint8Array(kept);
  throw new WorkflowRuntimeError(
    "WEBHOOK_BODY_PARSED",
    "A body parser ahead of workflowMiddleware() has read the body of this request, so its bytes are gone, and nothing was delivered",
  );
}

/** What a sender may read of a request that could not be converted; null for what it may not. */
export function refusalOf(error: unknown): { status: number; message: string } | null {
  if (error instanceof RequestRefusal) return error;
  const { code, message } = error as WorkflowRuntimeError;
  return code === "WEBHOOK_BODY_PARSED" ? { status: 500, message } : null;
}

/** What a request says about the stream that it asks for: the format, and where to begin. */
import { END_MARK } from "./stream-formats";
import type { SendStreamOptions, StreamFormat } from "./stream-source";

/** Of a request of any server. */
export interface RequestHead {
  method: string;
  /** Absolute, or the path with its query. */
  url: string;
  header(name: string): string | null;
}

export interface StreamStart {
  /** Below 0 it counts from the end. */
  index: number;
  /** The client had chunks before, and has come back. */
  isResumed: boolean;
  /** It has also seen that the stream was over. */
  hasSeenEnd: boolean;
}

const FORMATS: Record<string, StreamFormat> = {
  "text/event-stream": "sse",
  "application/x-ndjson": "ndjson",
  "text/plain": "plain",
  "text/*": "plain",
  "*/*": "plain",
};

/** The format that the client likes best of those that exist. */
export function readFormat(head: RequestHead | null): StreamFormat {
  const liked = (head?.header("accept") ?? "").split(",").map((entry) => {
    const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    return { format: FORMATS[type], weight: Number(weight) };
  });
  const usable = liked.filter(({ format, weight }) => format && weight > 0);
  return usable.sort((a, b) => b.weight - a.weight)[0]?.format ?? "plain";
}

/** A sentence if the request has a number that is none. */
export function readStart(
  head: RequestHead | null,
  format: StreamFormat,
  options: SendStreamOptions,
): StreamStart | string {
  const fresh = { isResumed: false, hasSeenEnd: false };
  const lastSeen = format === "sse" ? head?.header("last-event-id") : null;
  if (lastSeen) return readLastSeen(lastSeen);
  const asked = head && (queryOf(head).get("startIndex") ?? head.header("x-start-index"));
  if (asked === null) return { index: options.startIndex ?? 0, ...fresh };
  const index = /^-?\d{1,15}$/.test(asked) ? Number(asked) : null;
  if (index !== null) return { index, ...fresh };
  return "The start index has to be a whole number: of a chunk, or below 0 counted from the end.";
}

function readLastSeen(id: string): StreamStart | string {
  const [, digits, end] = new RegExp(`^(\\d{1,15})(${END_MARK})?$`).exec(id) ?? [];
  if (digits === undefined) return "Last-Event-ID has to be the id of an event of this stream.";
  const hasSeenEnd = end !== undefined;
  return { index: Number(digits) + (hasSeenEnd ? 0 : 1), isResumed: true, hasSeenEnd };
}

/** Not by `URL`, which refuses some paths that servers let through. */
function queryOf({ url }: RequestHead): URLSearchParams {
  const [, query = ""] = /\?([^#]*)/.exec(url) ?? [];
  return new URLSearchParams(query);
}

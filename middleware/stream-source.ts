/** What the HTTP helpers for streams need of a run; `Run` of `everstep/api` has it. */
import type { RunStatus } from "../lib/contract/run";

/** One chunk, and which attempt of which step wrote it. */
export interface StreamedItem {
  /** Dense, from 0. */
  index: number;
  value: unknown;
  /** Null if no step wrote it. */
  stepId: string | null;
  attempt: number;
}

export interface StreamState {
  /** How many chunks there are. */
  count: number;
  /** Nobody can write any more. */
  isClosed: boolean;
}

export interface StreamedRun {
  /** Rejects with WorkflowRunNotFoundError if there is no such run. */
  readonly status: Promise<RunStatus>;
  getChunks(options?: { namespace?: string; startIndex?: number }): ReadableStream<StreamedItem>;
  getStreamInfo(options?: { namespace?: string }): Promise<StreamState>;
}

/** `sse` for EventSource, `ndjson` for programs, `plain` for text and files. */
export type StreamFormat = "sse" | "ndjson" | "plain";

export interface SendStreamOptions {
  /** Unless it is given the request decides, by its header Accept; `plain` if that does not say. */
  format?: StreamFormat;
  /** Which of the run's streams; the default one unless it is given. */
  namespace?: string;
  /** Where to begin if the request does not say: 0. Below 0 it counts from the end. */
  startIndex?: number;
  /** After so long without a chunk an SSE client hears that the stream is alive: 15,000. 0: never. */
  heartbeatMs?: number;
  /** More headers, or others than those that are usual here. */
  headers?: Record<string, string>;
}

export interface StreamResponseOptions extends SendStreamOptions {
  /** Says where to begin and in which format, and by its signal when the client has gone. */
  request?: Request;
}

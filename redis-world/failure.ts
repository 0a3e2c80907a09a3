/** What goes wrong with a server, as an error with a code that says what to do. */
import { type ErrorCode, EverstepError, WorldError } from "../lib/contract/error";

/** The server has done nothing, and may do it a little later. */
const NOT_NOW =
  /^(?:LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|BUSY|Too many Cluster redirections)\b/;
/** A cluster has it elsewhere, and its client goes there. */
const ELSEWHERE = /^(?:MOVED|ASK)\b/;
/** What the driver says when there is no connection, or no longer one. */
const GONE =
  /Connection is closed|max retries per request|connection close|Socket timeout|Stream isn't writeable|refresh slots cache|Cluster is ended|All nodes? |cannot be reached|was closed|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/i;
const FULL = /^OOM\b/;
const TOO_FEW_REPLICAS = /^NOREPLICAS\b/;

export function isNotNow(error: unknown): boolean {
  return NOT_NOW.test(messageOf(error));
}

/** It may have done what it was asked, or not. */
export function isGone(error: unknown): boolean {
  return GONE.test(messageOf(error));
}

export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.test(messageOf(error));
}

export function isUnknownScript(error: unknown): boolean {
  return messageOf(error).startsWith("NOSCRIPT");
}

export function failureOf(error: unknown, address: string): Error {
  if (error instanceof EverstepError) return error;
  const [code, what] = describe(messageOf(error));
  return new WorldError(code, `Redis (${address}) ${what}: ${messageOf(error)}`, { cause: error });
}

function describe(message: string): [ErrorCode, string] {
  if (FULL.test(message)) return ["REDIS_FULL", "has no memory left"];
  if (TOO_FEW_REPLICAS.test(message)) return ["REDIS_NOT_CONFIRMED", "misses its replicas"];
  if (NOT_NOW.test(message)) return ["REDIS_UNREACHABLE", "does not serve at the moment"];
  if (GONE.test(message)) return ["REDIS_UNREACHABLE", "cannot be reached"];
  if (ELSEWHERE.test(message)) {
    return ["STORAGE_FAILED", "is a node of a cluster, which the option `isCluster` has to say"];
  }
  return ["STORAGE_FAILED", "did not do what it was asked"];
}

function messageOf(error: unknown): string {
  return error instanceof Error || hasMessage(error) ? error.message : String(error);
}

/** Under a test runner an error may be of another realm. */
function hasMessage(value: unknown): value is { message: string } {
  return typeof (value as { message?: unknown } | null)?.message === "string";
}

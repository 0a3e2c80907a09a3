/** What one run may grow to, and when somebody is told that it gets there. */
import { MAX_TEXT } from "../codec/limits";
import type { RunEvent } from "../contract/event";
import type { Logger } from "./logger";

export interface Limits {
  /** Events in the log of a run; one that has more fails. */
  events: number;
  /** Milliseconds that workflow code may compute in one go. */
  turnMs: number;
}

export const USUAL_LIMITS: Limits = { events: 100_000, turnMs: 10_000 };

/** The share of a limit at which it is worth a warning. */
const WARN_AT = 0.8;

export function warnOfSize(
  runId: string,
  position: number,
  events: readonly RunEvent[],
  limits: Limits,
  log: Logger,
): void {
  const warnPosition = Math.floor(limits.events * WARN_AT);
  if (position >= warnPosition && position - events.length < warnPosition) {
    const most = limits.events.toLocaleString("en-US");
    log("warn", `Run "${runId}" has ${position} events; at ${most} it fails`);
  }
  for (const event of events) {
    const size = sizeOf(event);
    if (size < MAX_TEXT * WARN_AT) continue;
    const most = MAX_TEXT.toLocaleString("en-US");
    log("warn", `Run "${runId}" stores a value of ${size} characters; ${most} is the most`);
  }
}

function sizeOf(event: RunEvent): number {
  if ("output" in event) return event.output.length;
  if ("input" in event) return event.input.length;
  return "payload" in event ? event.payload.length : 0;
}

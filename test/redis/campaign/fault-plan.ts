/** What goes wrong in a campaign, and when, by a seed. */
import type { Next } from "../../seeded-numbers";

export type FaultKind =
  /** Of one worker: killed, and another comes. */
  | "kill"
  /** Of one worker: stopped for less than its lease; for longer. */
  | "stop"
  | "stop long"
  /** Of one worker: its connections break; pass nothing; pass things late. */
  | "reset"
  | "hole"
  | "delay"
  /** Of the one who sends payloads: the same. */
  | "sender reset"
  | "sender hole"
  /** The server is killed, and comes again with what it has on disk. */
  | "redis kill"
  /** The server is there, and nobody reaches it. */
  | "outage"
  | "client kill"
  | "listener kill"
  /** It forgets the scripts; the keys of the queues are gone. */
  | "script flush"
  | "queues gone"
  /** Each worker in turn is replaced by one with other code. */
  | "deploy";

export interface Fault {
  kind: FaultKind;
  /** Milliseconds from the start. */
  at: number;
  /** How long it lasts, where that matters. */
  ms: number;
  /** Which worker it is about. */
  place: number;
  /** What has no end of its own ends in one of two ways. */
  coin: boolean;
}

export interface FaultOptions {
  durationMs: number;
  places: number;
  leaseMs: number;
  longestOutageMs: number;
  /** Between one fault and the next, on average. */
  everyMs: number;
}

const WEIGHTS: Record<FaultKind, number> = {
  ...{ kill: 5, stop: 2, "stop long": 3, reset: 2, hole: 3, delay: 2, deploy: 2 },
  ...{ "redis kill": 2, outage: 1, "client kill": 2, "listener kill": 1 },
  ...{ "sender reset": 1, "sender hole": 1, "script flush": 1, "queues gone": 1 },
};
const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as FaultKind),
);
/** These come in any campaign, whatever the seed. */
const ALWAYS: readonly FaultKind[] = ["kill", "stop long", "redis kill", "hole", "deploy"];

export function planFaults(options: FaultOptions, next: Next): Fault[] {
  const { durationMs, places, everyMs } = options;
  const faults: Fault[] = [];
  let at = everyMs;
  while (at < durationMs) {
    const kind = ALWAYS[faults.length] ?? KINDS[next(KINDS.length)]!;
    const ms = lengthOf(kind, options, next);
    faults.push({ kind, at, ms, place: next(places), coin: next(2) === 0 });
    // The long ones leave time for what is to be seen behind them.
    at += everyMs / 2 + next(everyMs) + (isForAll(kind) ? ms : 0);
  }
  return faults;
}

export function isForAll(kind: FaultKind): boolean {
  return kind === "redis kill" || kind === "outage";
}

function lengthOf(kind: FaultKind, { leaseMs, longestOutageMs }: FaultOptions, next: Next) {
  switch (kind) {
    case "kill":
      return next(1_000);
    case "stop":
      return 50 + next(leaseMs * 0.4);
    case "stop long":
      return Math.ceil(leaseMs * 1.2) + next(leaseMs * 2);
    case "hole":
    case "sender hole":
      return 1_000 + next(Math.min(9_000, longestOutageMs));
    case "delay":
      return 2_000 + next(4_000);
    case "redis kill":
      return next(3) === 0 ? 0 : outageMs(longestOutageMs, next);
    case "outage":
      return outageMs(longestOutageMs, next);
    default:
      return 0;
  }
}

/** Most are short, and each third one may be as long as they get. */
function outageMs(longestMs: number, next: Next): number {
  return 1_000 + next(next(3) === 0 ? longestMs - 1_000 : Math.min(3_000, longestMs - 1_000));
}

/** What the main thread and its watchdog share. */
import type { ThreadDoor } from "../contract/world";

/** Kinds of what the main thread is at. */
export const NOTHING = 0;
export const WORKFLOW = 1;
export const STEP = 2;

/** Places in `facts`. */
export const BEAT = 0;
export const KIND = 1;
/** How long the text of a kind is: its place is this and the kind. */
export const LENGTHS = 2;
export const SESSION_LENGTH = LENGTHS + STEP + 1;
export const FACTS = SESSION_LENGTH + 1;

/** Milliseconds on a clock that all threads of a process have. */
export function threadTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface WatchdogData {
  facts: Int32Array;
  /** By kind: the id of a run, and the name of its workflow or step, a line each. */
  texts: { [WORKFLOW]: Uint8Array; [STEP]: Uint8Array };
  /** The session that this process has, in so far as `facts` says how long it is. */
  session: Uint8Array;
  /** When the thread has renewed that the last time. */
  renewedAt: Float64Array;
  limitMs: number;
  leaseMs: number;
  door: ThreadDoor | undefined;
}

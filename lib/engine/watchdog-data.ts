/** What the main thread and its watchdog share. */
import type { ThreadDoor } from "../contract/world";

/** Places in `facts`. */
export const BEAT = 0;
export const KIND = 1;
export const LENGTH = 2;
export const FACTS = 3;

/** Kinds of what the main thread is at. */
export const WORKFLOW = 1;
export const STEP = 2;

export interface WatchdogData {
  facts: Int32Array;
  /** What the main thread is at: id and name, a line each. */
  text: Uint8Array;
  limitMs: number;
  door: ThreadDoor | undefined;
}

export interface Guarded {
  /** Of the run. */
  id: string;
  /** For people. */
  name: string;
}

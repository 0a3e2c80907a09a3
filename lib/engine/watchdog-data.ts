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
export const FACTS = LENGTHS + STEP + 1;

export interface WatchdogData {
  facts: Int32Array;
  /** By kind: the id of a run, and the name of its workflow or step, a line each. */
  texts: { [WORKFLOW]: Uint8Array; [STEP]: Uint8Array };
  limitMs: number;
  door: ThreadDoor | undefined;
}

/**
 * A call to the world, made again until it is answered (E7): a world that cannot be reached is a
 * reason to wait, never one to fail a run. Only for calls that may be repeated (W8).
 */
import type { Logger } from "./logger";

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
/** How often it is said that the world still does not answer. */
const REMIND_MS = 60_000;

export interface Patience {
  log: Logger;
  /** Nobody waits any more. */
  signal: AbortSignal;
}

/** Throws what the world threw last when nobody waits any more. */
export async function untilAnswered<T>(
  call: () => Promise<T>,
  what: string,
  { log, signal }: Patience,
): Promise<T> {
  let pause = FIRST_PAUSE_MS;
  let remindAt = 0;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted) throw error;
      if (performance.now() >= remindAt) {
        remindAt = performance.now() + REMIND_MS;
        log("error", `The world could not ${what}, and is asked again: ${String(error)}`);
      }
      await pauseFor(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

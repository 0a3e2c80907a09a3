/**
 * Whether workflow code comes to rest on a log, found out in a thread that can be ended without harm.
 *
 * Loops are stopped by counters in the bundle; a regular expression is not (decision 006). A run that
 * once blocked its process is probed here before the process applies its events itself.
 */
import { Worker } from "node:worker_threads";
import type { ProbeRequest } from "./probe-thread";
import { PROBE_SCRIPT } from "./probe-script";

/** In how many pieces the time is counted: while the process is stopped, no piece goes by. */
const PIECES = 20;

/** What a run may hold at most; one run that needs more is a danger to all others. */
const MOST_MEGABYTES = 512;

export function comesToRest(request: ProbeRequest, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: MOST_MEGABYTES };
    const worker = new Worker(PROBE_SCRIPT, { eval: true, workerData: request, resourceLimits });
    let left = PIECES;
    const timer = setInterval(() => {
      if (--left <= 0) finish(() => resolve(false));
    }, limitMs / PIECES);
    let isFinished = false;
    const finish = (settle: () => void) => {
      if (isFinished) return;
      isFinished = true;
      clearInterval(timer);
      void worker.terminate().then(settle);
    };
    worker.once("message", () => finish(() => resolve(true)));
    worker.once("error", (error: NodeJS.ErrnoException) => {
      // What fills all memory that there is does not come to rest either.
      const isTooLarge = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      finish(() => (isTooLarge ? resolve(false) : reject(error)));
    });
    worker.once("exit", () => finish(() => resolve(false)));
  });
}

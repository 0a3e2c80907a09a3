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

export function comesToRest(request: ProbeRequest, limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROBE_SCRIPT, { eval: true, workerData: request });
    let left = PIECES;
    const timer = setInterval(() => {
      if (--left <= 0) finish(() => resolve(false));
    }, limitMs / PIECES);
    const finish = (settle: () => void) => {
      clearInterval(timer);
      void worker.terminate().then(settle);
    };
    worker.once("message", () => finish(() => resolve(true)));
    worker.once("error", (error) => finish(() => reject(error)));
  });
}

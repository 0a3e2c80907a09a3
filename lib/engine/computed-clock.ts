/**
 * Milliseconds of computing so far, where time in which the process did not run does not count (R1).
 * It is asked every quarter of a millisecond while workflow code computes; when much more went by
 * between two questions, the process was stopped, and that much is left out.
 */
const MOST_BETWEEN_MS = 250;

export function createComputedClock(): () => number {
  let computed = 0;
  let last = performance.now();
  return () => {
    const now = performance.now();
    computed += Math.min(now - last, MOST_BETWEEN_MS);
    last = now;
    return computed;
  };
}

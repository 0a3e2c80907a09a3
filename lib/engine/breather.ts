/**
 * Lets the event loop run between turns. On a world in the same process a run of quick steps never
 * waits for anything, and without this no request would be answered until it is over.
 */
const LONGEST_STRETCH_MS = 5;

let stretchBegan = 0;
let pending: Promise<void> | null = null;

/** Null while there is no need to wait. */
export function breath(): Promise<void> | null {
  if (pending) return pending;
  if (performance.now() - stretchBegan < LONGEST_STRETCH_MS) return null;
  pending = new Promise((resolve) => {
    setImmediate(() => {
      pending = null;
      stretchBegan = performance.now();
      resolve();
    });
  });
  return pending;
}

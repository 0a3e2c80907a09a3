/** Keeps a promise that may be rejected from being reported by the host (R6). */
const thenOf = Promise.prototype.then;

export function guard(promise: Promise<unknown>): Promise<unknown> {
  return thenOf.call(promise, undefined, ignore);
}

function ignore(): void {}

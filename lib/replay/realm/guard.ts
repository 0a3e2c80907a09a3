/** Keeps promises that may be rejected from being reported by the host (R6). */
import { isClassPlain, observe } from "./observe";

/** Gives the promise that guarding made, which settles as well. */
export type Guard = (promise: Promise<unknown>) => Promise<unknown> | undefined;

/** For many promises at once, since they share what is asked first. */
export function createGuard(): Guard {
  const isPlainClass = isClassPlain();
  return (promise) => observe(promise, undefined, ignore, isPlainClass);
}

function ignore(): void {}

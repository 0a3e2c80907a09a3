/** Text as the interfaces of the web take it: halves of surrogate pairs are replaced. */
import { apply } from "./intrinsics";

const { toWellFormed } = String.prototype as unknown as { toWellFormed(this: string): string };

export function usvString(value: unknown): string {
  return apply(toWellFormed, `${value as string}`, []);
}

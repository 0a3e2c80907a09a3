/** Ids of new runs: they sort by the time at which they were made. */
import { buildUlid } from "./ulid";

const BYTES = 10;
/** Asked for in bulk, which is much faster. */
const CHANCE = new Uint8Array(BYTES * 256);
let used = CHANCE.length;

export function newRunId(): string {
  if (used === CHANCE.length) {
    crypto.getRandomValues(CHANCE);
    used = 0;
  }
  used += BYTES;
  return `wrun_${buildUlid(Date.now(), CHANCE.subarray(used - BYTES, used))}`;
}

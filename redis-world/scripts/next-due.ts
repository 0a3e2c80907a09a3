/**
 * When there will be something to claim: the first run that nobody owns, or the end of the first
 * lease under which runs are owned, if it is not renewed.
 *
 * KEYS  base of a partition
 * gives time, or null
 */
import { NEXT, script, TIME } from "./script";

export const NEXT_DUE = script(
  String.raw`${TIME}${NEXT}
return nextDue()
`,
  "no-writes",
);

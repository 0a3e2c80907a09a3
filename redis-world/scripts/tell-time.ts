/**
 * World time.
 *
 * KEYS  base of a partition
 * gives milliseconds
 */
import { script, TIME } from "./script";

export const TELL_TIME = script(
  String.raw`${TIME}
return now()
`,
  "allow-oom",
);

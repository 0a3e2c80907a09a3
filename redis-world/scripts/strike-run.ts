/**
 * The code of a run has blocked a process.
 *
 * KEYS  base of the run's partition
 * ARGV  run
 * gives nothing
 */
import { OWNING, script, TIME } from "./script";

export const STRIKE_RUN = script(String.raw`${TIME}${OWNING}
if redis.call("EXISTS", runKey(ARGV[1])) == 1 then redis.call("HINCRBY", runKey(ARGV[1]), "strikes", 1) end
return 0
`);

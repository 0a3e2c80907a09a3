/**
 * A run that is over goes, with all that belongs to it.
 *
 * KEYS  base of the run's partition
 * ARGV  run
 * gives purged | not_found | live, status
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const PURGE_RUN = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id = ARGV[1]
local status, endedAt = unpack(redis.call("HMGET", runKey(id), "status", "endedAt"))
if not status then return { "not_found" } end
if not endedAt then return { "live", status } end
purgeRun(id)
return { "purged" }
`,
  "allow-oom",
);

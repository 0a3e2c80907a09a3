/**
 * What has become of a hook for which a token was reserved.
 *
 * KEYS  base of the run's partition
 * ARGV  run, call, token
 * gives held: its append is there | gone: it is disposed, or its run is over
 *       | owned: not yet, but a process has the run | open: not yet, and nobody has the run, which
 *       may have failed: then it is reserved for the reopening, unless it is still to be given back
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const HOOK_STATE = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, call, token = unpack(ARGV)
local status, endedAt, owner = unpack(redis.call("HMGET", runKey(id), "status", "endedAt", "owner"))
if not status then return "gone" end
if status == "failed" then
  local isFreed = redis.call("SISMEMBER", base .. ":freed", freedEntry(id, call, token)) == 1
  return isFreed and "gone" or "open"
end
if endedAt then return "gone" end
if redis.call("HGET", base .. ":runhooks:" .. id, call) == token then return "held" end
if redis.call("SISMEMBER", base .. ":disposed:" .. id, call) == 1 then return "gone" end
return owner and "owned" or "open"
`,
  "no-writes",
);

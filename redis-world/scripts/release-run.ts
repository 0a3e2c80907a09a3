/**
 * An owner gives a run up, or lets go of one that was cancelled.
 *
 * KEYS  base of the run's partition
 * ARGV  run, fence, due time (a number, "none", or "" to leave it), seen
 * gives time and when the run is due, or nothing if it is not
 */
import { OWNING, script, TIME } from "./script";

export const RELEASE_RUN = script(
  String.raw`${TIME}${OWNING}
local id, fence, dueAt, seen = unpack(ARGV)
local owner, ownFence, endedAt, messages, oldSeen, oldDue = unpack(redis.call("HMGET", runKey(id),
  "owner", "fence", "endedAt", "messages", "seen", "dueAt"))
if not owner or not endedAt and ownFence ~= fence then return {} end
disown(id, owner)
if endedAt then return {} end

local known = math.max(tonumber(oldSeen), tonumber(seen))
redis.call("HSET", runKey(id), "claims", 0, "seen", known)
if dueAt == "" then dueAt = oldDue or "none" end
if tonumber(messages) > known then dueAt = now() end
if dueAt == "none" then
  dropDue(id)
  return {}
end
putDue(id, tonumber(dueAt))
return { whole(clock()), whole(dueAt) }
`,
  "allow-oom",
);

/**
 * An owner gives a run up, lets go of one that was cancelled, or says that it is there, though it lost it.
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
if not endedAt and ownFence ~= fence then return {} end
if owner then disown(id, owner) end
if endedAt then return {} end
-- Its session had ended before: it is due, and its owner was not what is wrong with it.
if not owner then
  if ownFence then redis.call("HSET", runKey(id), "claims", 0) end
  return {}
end

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

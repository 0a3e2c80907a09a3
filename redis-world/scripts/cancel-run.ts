/**
 * The end of a run from outside: fences its owner off, who lets go when it learns of it (E0).
 *
 * KEYS  base of the run's partition
 * ARGV  run, head and tail of the event around its time, then follow-ups
 * gives cancelled, 1 if tokens are free, how many follow-ups wait | over, status | not_found
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const CANCEL_RUN = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, head, tail = unpack(ARGV, 1, 3)
local status, number, position, stamp, owner, endedAt = unpack(redis.call("HMGET", runKey(id),
  "status", "number", "position", "stamp", "owner", "endedAt"))
if not status then return { "not_found" } end
if endedAt then return { "over", status } end

local at = whole(now())
local event = head .. at .. tail
redis.call("XADD", base .. ":log:" .. id, (position + 1) .. "-0", "e", event, "s", stamp + 1)
redis.call("HINCRBY", runKey(id), "position", 1)
redis.call("HINCRBY", runKey(id), "stamp", 1)
redis.call("HINCRBY", runKey(id), "fence", 1)
addBytes(id, #event)
changeStatus(id, number, status, "cancelled")
addFollowUps(id, { unpack(ARGV, 4) })
local hasFreed = endRun(id, "cancelled", at)
if owner then tellOwner(owner, id, "") end
redis.call("PUBLISH", base .. ":log:" .. id, "")
return { "cancelled", hasFreed and 1 or 0, followUpsAdded }
`,
  "allow-oom",
);

/**
 * A run that has failed is live again: it has nobody's fence, and is due at once. What was in its
 * inbox still is.
 *
 * KEYS  base of the run's partition
 * ARGV  run, id of the reopening, position of the event, time until which the run has its custom
 *       tokens or "" if there are none, another bundle or "", head and tail of the event around its
 *       time, then call, token and record of each hook that is open again
 * gives reopened | not_failed, status | moved | key_taken, run that has the key
 *       | late: the tokens may be somebody else's by now | not_found
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const REOPEN_RUN = script(String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, reopening, position, keptUntil, bundle, head, tail = unpack(ARGV, 1, 7)
local run, log = runKey(id), base .. ":log:" .. id
local status, number, oldPosition, stamp, lastAppend, key, startedAt = unpack(redis.call("HMGET",
  run, "status", "number", "position", "stamp", "lastAppend", "key", "startedAt"))
if not status then return { "not_found" } end
-- What it was told the first time (W8).
if lastAppend == reopening then return { "reopened" } end
if status ~= "failed" then return { "not_failed", status } end
if tonumber(oldPosition) ~= position - 1 then return { "moved" } end
local holder = key and redis.call("HGET", base .. ":keys", key)
if holder then return { "key_taken", holder } end
if keptUntil ~= "" and clock() > tonumber(keptUntil) then return { "late" } end

local at = now()
local event = head .. whole(at) .. tail
redis.call("XADD", log, position .. "-0", "e", event, "s", stamp + 1)
redis.call("HSET", run, "position", position, "stamp", stamp + 1, "lastAppend", reopening,
  "lastStamp", stamp + 1, "claims", 0)
redis.call("HINCRBY", run, "fence", 1)
redis.call("HDEL", run, "endedAt", "failure")
redis.call("ZREM", base .. ":ended:failed", id)
addBytes(id, #event)
changeStatus(id, number, status, startedAt and "running" or "pending")
if key then redis.call("HSET", base .. ":keys", key, id) end
if bundle ~= "" then changeBundle(id, bundle) end
changeStreams(id, "end", "0")
for n = 8, #ARGV, 3 do
  confirmHook(id, ARGV[n], ARGV[n + 1], ARGV[n + 2])
end
putDue(id, at)
redis.call("PUBLISH", log, "")
return { "reopened" }
`);

/**
 * A run comes into being, with the event that creates it, and is due.
 *
 * KEYS  base of the run's partition
 * ARGV  run, due time or "", head and tail of the event around its time, then pairs of the record:
 *       workflow, bundle, key, title, metadata, parent, tag:<name>; those that are not given are not named
 * gives created, time, when it is due | exists | key_taken, run that has the key | no_bundle
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const CREATE_RUN = script(String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, dueAt, head, tail = unpack(ARGV, 1, 4)
local run = {}
for at = 5, #ARGV, 2 do run[ARGV[at]] = ARGV[at + 1] end

if redis.call("EXISTS", runKey(id)) == 1 then return { "exists" } end
local holder = run.key and redis.call("HGET", base .. ":keys", run.key)
if holder then return { "key_taken", holder } end
if not redis.call("ZSCORE", base .. ":bundles", run.bundle) then return { "no_bundle" } end

local at, number = now(), whole(nextNumber())
local event = head .. whole(at) .. tail
redis.call("HSET", runKey(id), "runId", id, "number", number, "status", "pending",
  "createdAt", whole(at), "position", 1, "stamp", 1, "fence", 0, "claims", 0, "strikes", 0,
  "messages", 0, "seen", 0, "bytes", 0, unpack(ARGV, 5))
redis.call("XADD", base .. ":log:" .. id, "1-0", "e", event, "s", 1)
redis.call("ZADD", base .. ":runs", number, id)
redis.call("ZADD", index("workflow", run.workflow), number, id)
redis.call("ZADD", index("status", "pending"), number, id)
if run.key then
  redis.call("HSET", base .. ":keys", run.key, id)
  redis.call("ZADD", index("key", run.key), number, id)
end
if run.parent then redis.call("ZADD", index("parent", run.parent), number, id) end
for tag, value in pairs(tagsOf(run)) do redis.call("ZADD", index(tag, value), number, id) end
countBundle(run.bundle, 1)
addBytes(id, #event)
local due = math.max(tonumber(dueAt) or at, at)
putDue(id, due)
return { "created", whole(at), whole(due) }
`);

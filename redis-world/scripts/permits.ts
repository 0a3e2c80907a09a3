/**
 * Permits of steps, which sessions have, in the partition of the name of the step.
 *
 * - A session that has some, or waits for some, is one that owns something in the partition: what it has
 *   is free when it ends (drop-permits.ts).
 * - What is free goes to those who wait in turn, one at a time: whoever has got one and wants more
 *   stands behind the others.
 *
 * SHARE_PERMITS  KEYS base; ARGV session, its lease in ms, name, limit, turn, how many it gives back, how
 *                many more it wants; gives how many it has, or null if it is over; whoever gets some
 *                without having asked just now hears the name on the channel :permits:<session>
 */
import { OWNING, script, SESSIONS, TELLING, TIME } from "./script";

/** How long it is remembered how far a session has asked. */
const ASKED_S = 3_600;

export const SHARE_PERMITS = script(
  String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}
local session, leaseMs, name = unpack(ARGV, 1, 3)
local limit, turn, gives, wants = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local permits, queue = base .. ":permits:" .. name, base .. ":queue:" .. name
local asked = base .. ":asked:" .. session .. ":" .. name
local at = now()
for _, other in ipairs(redis.call("ZRANGEBYSCORE", base .. ":sessions", "-inf", whole(at))) do
  if other ~= session then endLapsed(other) end
end
if isOver(session) then return false end

local function read(whose)
  local count, wanted = string.match(redis.call("HGET", permits, whose) or "0 0", "^(%d+) (%d+)$")
  return tonumber(count), tonumber(wanted)
end

local function write(whose, count, wanted)
  local own = base .. ":permitsof:" .. whose
  if count + wanted > 0 then
    redis.call("HSET", permits, whose, whole(count) .. " " .. whole(wanted))
    redis.call("SADD", own, name)
  else
    redis.call("HDEL", permits, whose)
    redis.call("SREM", own, name)
  end
  if wanted == 0 then redis.call("ZREM", queue, whose) end
end

local count, wanted = read(session)
-- One that was heard before, or that was overtaken, changes nothing (W8).
if turn > tonumber(redis.call("GET", asked) or "0") then
  redis.call("SET", asked, whole(turn), "EX", ${ASKED_S})
  count, wanted = math.max(0, count - gives), wants
  write(session, count, wanted)
  if wanted > 0 then redis.call("ZADD", queue, "NX", whole(nextNumber()), session) end
end

local used = 0
for _, entry in ipairs(redis.call("HVALS", permits)) do used = used + string.match(entry, "^%d+") end
while used < limit do
  local first = redis.call("ZRANGE", queue, 0, 0)[1]
  if not first then break end
  local has, more = read(first)
  used = used + 1
  write(first, has + 1, math.max(0, more - 1))
  if more > 1 then redis.call("ZADD", queue, whole(nextNumber()), first) end
  if first ~= session then redis.call("PUBLISH", base .. ":permits:" .. first, name) end
end

count, wanted = read(session)
if count + wanted > 0 then extend(session, at, leaseMs) end
return count
`,
  "allow-oom",
);

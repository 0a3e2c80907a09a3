/**
 * Attempts that owners have offered to all (E2), each a member (`memberOf`) of the index of those that
 * nobody has taken, in the order in which they were offered.
 *
 * TAKE_STEPS   KEYS base; ARGV session, its lease in ms, id of this taking, how many at most; gives run,
 *              call, attempt and body of each, flat, or "over" if the session is
 * FINISH_STEP  KEYS base; ARGV session, run, call, attempt, body of the message; gives 1, or 0 if the
 *              attempt is not the session's, and the session that owns the run or ""
 */
import { OWNING, script, SESSIONS, TELLING, TIME } from "./script";

export const TAKE_STEPS = script(String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}
local session, leaseMs, takeId, limit = unpack(ARGV)
if isOver(session) then return { "over" } end
local last = base .. ":took:" .. session
local before = redis.call("HMGET", last, "id", "answer")
if before[1] == takeId then return cjson.decode(before[2]) end

local answer = {}
for _, member in ipairs(redis.call("ZRANGE", base .. ":offers", 0, limit - 1)) do
  local id, attempt, call = partsOf(member)
  redis.call("ZREM", base .. ":offers", member)
  redis.call("HSET", base .. ":holders", member, session)
  redis.call("SADD", base .. ":held:" .. session, member)
  local body = redis.call("HGET", base .. ":offered:" .. id, member)
  for _, part in ipairs({ id, call, attempt, body }) do table.insert(answer, part) end
end
if #answer > 0 then
  extend(session, now(), leaseMs)
  redis.call("HSET", last, "id", takeId, "answer", cjson.encode(answer))
  redis.call("PEXPIRE", last, leaseMs * 10)
end
return answer
`);

export const FINISH_STEP = script(String.raw`${TIME}${OWNING}${TELLING}
local session, id, call, attempt, body = unpack(ARGV)
local member = memberOf(id, call, attempt)
if redis.call("HGET", base .. ":holders", member) ~= session then return { 0, "" } end
endOffer(id, member)
return { 1, addMessage(id, body, session) or "" }
`);

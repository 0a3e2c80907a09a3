/**
 * Runs that are due go to a session, one of each workflow in turn, of which the longest due is first; or
 * those that it names, due or not, if nobody owns them and they are not over. Ahead of that the runs of
 * sessions that have run out are due again, so whoever claims is the reconciler. The last answer is kept
 * for its repetition: else the runs in one that was lost would belong to a session that does not know of
 * them, for as long as it lives (W8).
 *
 * KEYS  base of a partition
 * ARGV  session, its lease in ms, claim id, most runs, then the runs it names, each once; none if it
 *       takes those due
 * gives time and "over" if the session is; else time, then run, fence, claims, strikes, position, number of messages,
 *       id of the last append of each, flat
 */
import { TAKE_DUE } from "./due-index";
import { OWNING, script, SESSIONS, TELLING, TIME } from "./script";

export const CLAIM_RUNS = script(String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}${TAKE_DUE}
local session, leaseMs, claimId, limit = unpack(ARGV, 1, 4)
local lastClaim = base .. ":claim:" .. session
local at = now()

local orphans = 0
for _, other in ipairs(redis.call("ZRANGEBYSCORE", base .. ":sessions", "-inf", whole(at))) do
  if other ~= session then orphans = orphans + endLapsed(other) end
end
-- More than this process takes with this claim are for all.
if orphans > tonumber(limit) then ringAll() end
if isOver(session) then return { whole(at), "over" } end
local last = redis.call("HMGET", lastClaim, "id", "answer")
if last[1] == claimId then return cjson.decode(last[2]) end

local function isFree(id)
  local status, owner, endedAt = unpack(redis.call("HMGET", runKey(id), "status", "owner", "endedAt"))
  return status and not owner and not endedAt
end

local function wanted()
  if #ARGV == 4 then return takeDue(whole(at), tonumber(limit)) end
  local found = {}
  for n = 5, #ARGV do
    if #found < tonumber(limit) and isFree(ARGV[n]) then table.insert(found, ARGV[n]) end
  end
  return found
end

local answer = { whole(at) }
for _, id in ipairs(wanted()) do
  leaveDue(id)
  redis.call("SADD", base .. ":owned:" .. session, id)
  redis.call("HSET", runKey(id), "owner", session)
  -- One that was given and lost with its server is not given a second time.
  local fence = tonumber(redis.call("HGET", runKey(id), "fence"))
  redis.call("HSET", runKey(id), "fence", whole(math.max(fence + 1, at)))
  redis.call("HINCRBY", runKey(id), "claims", 1)
  local run = redis.call("HMGET", runKey(id), "fence", "claims", "strikes", "position", "messages", "seen", "lastAppend")
  for n, value in ipairs({ id, run[1], run[2], run[3], run[4] }) do table.insert(answer, value) end
  table.insert(answer, redis.call("XLEN", base .. ":inbox:" .. id))
  table.insert(answer, run[7] or "")
  -- What came before the claim and was not seen is news for the new owner, too.
  if tonumber(run[5]) > tonumber(run[6]) then redis.call("SADD", base .. ":news:" .. session, id) end
end
if #answer > 1 then
  extend(session, at, leaseMs)
  redis.call("HSET", lastClaim, "id", claimId, "answer", cjson.encode(answer))
end
return answer
`);

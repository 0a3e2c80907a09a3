/**
 * Runs that the policy no longer keeps go, those that ended first first; then the bundles that no run
 * is left of.
 *
 * KEYS  base of a partition
 * ARGV  milliseconds after the end for finished and for failed runs, bytes that may be stored or "",
 *       most runs that may go
 * gives how many runs went, time before which a bundle must have been touched to go, hashes of the
 *       bundles that went from this partition
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const EXPIRE_RUNS = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local finishedMs, failedMs, maxBytes, limit = unpack(ARGV)
local at = clock()
local ages = { finished = at - finishedMs, failed = at - failedMs }

local function firstEnded(kind)
  local found = redis.call("ZRANGE", base .. ":ended:" .. kind, 0, 0, "WITHSCORES")
  return found[1] and { id = found[1], at = tonumber(found[2]), isOld = tonumber(found[2]) < ages[kind] }
end

local function nextRun()
  local one, other = firstEnded("finished"), firstEnded("failed")
  local isTooMuch = maxBytes ~= "" and
    tonumber(redis.call("GET", base .. ":bytes") or "0") > tonumber(maxBytes)
  if one and not one.isOld and not isTooMuch then one = nil end
  if other and not other.isOld and not isTooMuch then other = nil end
  if one and other then return one.at <= other.at and one or other end
  return one or other
end

local count = 0
while count < tonumber(limit) do
  local run = nextRun()
  if not run then break end
  purgeRun(run.id)
  count = count + 1
end

local untouched = redis.call("ZRANGEBYSCORE", base .. ":bundles", "-inf", "(" .. whole(ages.finished))
local answer = { count, ages.finished }
for _, hash in ipairs(untouched) do
  if redis.call("HEXISTS", base .. ":bundleruns", hash) == 0 then
    redis.call("ZREM", base .. ":bundles", hash)
    table.insert(answer, hash)
  end
end
return answer
`,
  "allow-oom",
);

/**
 * Open hooks in the order in which they were created, from one partition.
 *
 * KEYS  base of a partition
 * ARGV  number behind which to begin or "", most hooks wanted, "oldest" or "newest" first, run or ""
 * gives number and record of each, flat
 */
import { script, TIME } from "./script";

export const LIST_HOOKS = script(
  String.raw`${TIME}
local cursor, limit, order, run = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local isOldest = order == "oldest"

local function ofRun()
  local found = {}
  for _, token in ipairs(redis.call("HVALS", base .. ":runhooks:" .. run)) do
    local number = tonumber(redis.call("ZSCORE", base .. ":hooks", token))
    local isBehind = cursor == "" or number ~= tonumber(cursor) and isOldest == (number > tonumber(cursor))
    if isBehind then table.insert(found, { number, token }) end
  end
  table.sort(found, function(a, b) return isOldest == (a[1] < b[1]) and a[1] ~= b[1] end)
  return found
end

local function ofAll()
  local edge = cursor ~= "" and "(" .. cursor
  local flat = isOldest
    and redis.call("ZRANGEBYSCORE", base .. ":hooks", edge or "-inf", "+inf", "WITHSCORES", "LIMIT", 0, limit)
    or redis.call("ZREVRANGEBYSCORE", base .. ":hooks", edge or "+inf", "-inf", "WITHSCORES", "LIMIT", 0, limit)
  local found = {}
  for at = 1, #flat, 2 do table.insert(found, { tonumber(flat[at + 1]), flat[at] }) end
  return found
end

local answer = {}
for at, hook in ipairs(run ~= "" and ofRun() or ofAll()) do
  if at > limit then break end
  table.insert(answer, whole(hook[1]))
  table.insert(answer, redis.call("HGET", base .. ":tokens", hook[2]))
end
return answer
`,
  "no-writes",
);

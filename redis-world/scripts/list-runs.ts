/**
 * Runs in the order in which they were created, from one partition. Looks at a bounded number of
 * them, so a rare combination of filters may need several calls.
 *
 * KEYS  base of a partition
 * ARGV  number behind which to begin or "", most runs wanted, "oldest" or "newest" first, then pairs
 *       of what they must have: workflow, status, key, parent, parkedCode
 * gives number behind which to go on or "" at the end, then for each run all its fields (HGETALL)
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const LIST_RUNS = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local cursor, limit, order = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local LOOKED_AT, BATCH = 1000, 100

-- The shortest of the indexes that fit.
local from = base .. ":runs"
for at = 4, #ARGV, 2 do
  local other = index(ARGV[at], ARGV[at + 1])
  if redis.call("ZCARD", other) <= redis.call("ZCARD", from) then from = other end
end

local function batch()
  local edge = cursor ~= "" and "(" .. cursor
  if order == "oldest" then
    return redis.call("ZRANGEBYSCORE", from, edge or "-inf", "+inf", "WITHSCORES", "LIMIT", 0, BATCH)
  end
  return redis.call("ZREVRANGEBYSCORE", from, edge or "+inf", "-inf", "WITHSCORES", "LIMIT", 0, BATCH)
end

local function fits(fields)
  local run = {}
  for at = 1, #fields, 2 do run[fields[at]] = fields[at + 1] end
  for at = 4, #ARGV, 2 do
    if run[ARGV[at]] ~= ARGV[at + 1] then return false end
  end
  return true
end

local answer = { "" }
local looked = 0
while true do
  local found = batch()
  for at = 1, #found, 2 do
    local fields = redis.call("HGETALL", runKey(found[at]))
    cursor = found[at + 1]
    looked = looked + 1
    if fits(fields) then table.insert(answer, fields) end
    if #answer > limit or looked == LOOKED_AT then
      answer[1] = cursor
      return answer
    end
  end
  if #found < BATCH * 2 then return answer end
end
`,
  "no-writes",
);

/**
 * Runs in the order in which they were created, from one partition. Looks at a bounded number of
 * them, so a rare combination of filters may need several calls.
 *
 * KEYS  base of a partition
 * ARGV  number behind which to begin or "", most runs wanted, "oldest" or "newest" first, time from
 *       which on they were created or "", time before that or "", then pairs of what they must have:
 *       workflow, status, key, parent, parkedCode, tag:<name>
 * gives number behind which to go on or "" at the end, then for each run all its fields (HGETALL)
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const LIST_RUNS = script(
  String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local cursor, limit, isOldestFirst = ARGV[1], tonumber(ARGV[2]), ARGV[3] == "oldest"
local first, last = tonumber(ARGV[4]) or 0, tonumber(ARGV[5]) or math.huge
local FILTERS, LOOKED_AT, BATCH = 6, 1000, 100

-- The shortest of the indexes that fit.
local from = base .. ":runs"
for at = FILTERS, #ARGV, 2 do
  local other = index(ARGV[at], ARGV[at + 1])
  if redis.call("ZCARD", other) <= redis.call("ZCARD", from) then from = other end
end

-- Numbers and times ascend together, so the place where a time begins is found by halving.
local function countBefore(time)
  local low, high = 0, redis.call("ZCARD", from)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local id = redis.call("ZRANGE", from, middle, middle)[1]
    if tonumber(redis.call("HGET", runKey(id), "createdAt")) < time then low = middle + 1
    else high = middle end
  end
  return low
end

local function isFarther(number)
  if cursor == "" then return true end
  if isOldestFirst then return tonumber(number) > tonumber(cursor) end
  return tonumber(number) < tonumber(cursor)
end

-- Those that were created too early, or too late, are left out where the list begins.
local outside
if isOldestFirst and first > 0 then outside = countBefore(first) - 1
elseif not isOldestFirst and last < math.huge then outside = countBefore(last) end
if outside and outside >= 0 then
  local number = redis.call("ZRANGE", from, outside, outside, "WITHSCORES")[2]
  if number and isFarther(number) then cursor = number end
end

local function isBehind(createdAt)
  if isOldestFirst then return createdAt >= last end
  return createdAt < first
end

local function batch()
  local edge = cursor ~= "" and "(" .. cursor
  if isOldestFirst then
    return redis.call("ZRANGEBYSCORE", from, edge or "-inf", "+inf", "WITHSCORES", "LIMIT", 0, BATCH)
  end
  return redis.call("ZREVRANGEBYSCORE", from, edge or "+inf", "-inf", "WITHSCORES", "LIMIT", 0, BATCH)
end

local function fits(run)
  for at = FILTERS, #ARGV, 2 do
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
    local run = {}
    for place = 1, #fields, 2 do run[fields[place]] = fields[place + 1] end
    if isBehind(tonumber(run.createdAt)) then return answer end
    if fits(run) then table.insert(answer, fields) end
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

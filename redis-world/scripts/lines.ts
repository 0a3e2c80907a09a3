/**
 * Permits of workflows, which runs have until they are over, and the lines in which others stand for
 * them. All of them are in the first partition, wherever the runs are.
 *
 * - A run stands in line, or has a permit, or neither. One that stood in line and was given its permit
 *   was called, and is called again until it enters: whoever was to tell it may have ended before.
 * - What is free belongs to the first in line, so whoever comes while others stand there has to wait.
 *
 * ENTER_LINE   KEYS base; ARGV name, limit, run, its position; gives 1 if it has a permit, else 0
 * LEAVE_LINE   KEYS base; ARGV name, run, position up to which it needs none; gives run and number of each
 *              that was called, flat
 * ADMIT        KEYS base; ARGV name, limit or ""; gives those that were called, as above
 * STANDING     KEYS base; ARGV name, run; gives limit and how many are ahead of it, or nothing
 * HOLDERS      KEYS base; ARGV name, most; gives some of the runs that have a permit
 */
import { script, TIME } from "./script";

/** Called at the same time: the others are when these have entered. */
const MOST_CALLED = 500;

const NAMED = String.raw`${TIME}
local name = ARGV[1]
local inside, called = base .. ":inside:" .. name, base .. ":called:" .. name
local line, places = base .. ":line:" .. name, base .. ":places:" .. name

local function limit()
  return tonumber(redis.call("HGET", base .. ":limits", name) or "0")
end
`;

const CALLING = String.raw`${NAMED}
local function forget()
  if redis.call("EXISTS", line, called) == 0 then
    redis.call("SREM", base .. ":lines", name)
    if redis.call("EXISTS", inside) == 0 then redis.call("HDEL", base .. ":limits", name) end
  end
end

local function callNext()
  local free = limit() - redis.call("HLEN", inside)
  while free > 0 and redis.call("ZCARD", called) < ${MOST_CALLED} do
    local first = redis.call("ZPOPMIN", line)
    if not first[1] then break end
    redis.call("ZADD", called, first[2], first[1])
    redis.call("HSET", inside, first[1], redis.call("HGET", places, first[1]) or "0")
    redis.call("HDEL", places, first[1])
    free = free - 1
  end
  forget()
  return redis.call("ZRANGE", called, 0, -1, "WITHSCORES")
end
`;

export const ENTER_LINE = script(String.raw`${CALLING}
local most, run, position = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
redis.call("HSET", base .. ":limits", name, whole(most))
local before = redis.call("HGET", inside, run)
local isFree = redis.call("HLEN", inside) < most and redis.call("EXISTS", line) == 0
if before or isFree then
  redis.call("HSET", inside, run, whole(math.max(tonumber(before or "0"), position)))
  redis.call("ZREM", called, run)
  forget()
  return 1
end
redis.call("ZADD", line, "NX", whole(nextNumber()), run)
redis.call("HSET", places, run, whole(position))
redis.call("SADD", base .. ":lines", name)
return 0
`);

export const LEAVE_LINE = script(
  String.raw`${CALLING}
local run, position = ARGV[2], tonumber(ARGV[3])
-- A run that was retried meanwhile has entered again, and stays.
local function isOf(keys)
  local at = redis.call("HGET", keys, run)
  return at and tonumber(at) <= position
end
if isOf(inside) then
  redis.call("HDEL", inside, run)
  redis.call("ZREM", called, run)
end
if isOf(places) then
  redis.call("HDEL", places, run)
  redis.call("ZREM", line, run)
end
return callNext()
`,
  "allow-oom",
);

export const ADMIT = script(
  String.raw`${CALLING}
if ARGV[2] ~= "" and redis.call("HEXISTS", base .. ":limits", name) == 1 then
  redis.call("HSET", base .. ":limits", name, whole(tonumber(ARGV[2])))
end
return callNext()
`,
  "allow-oom",
);

export const STANDING = script(
  String.raw`${NAMED}
local ahead = redis.call("ZRANK", line, ARGV[2])
if not ahead then return {} end
return { limit(), ahead }
`,
  "no-writes",
);

export const HOLDERS = script(
  String.raw`${NAMED}
return redis.call("HRANDFIELD", inside, ARGV[2])
`,
  "no-writes",
);

/**
 * What has to happen after an append, and what at the end of a run, which makes the one of the other.
 *
 * TAKE_FOLLOW_UPS  KEYS base; ARGV most wanted, ms after which one that was taken is there again;
 *                  gives id, run, body of each, flat, oldest first
 * FOLLOW_UP_DONE   KEYS base; ARGV id; gives nothing
 * KEEP_FOR_END     KEYS base of the run's partition; ARGV run, id, body; gives kept | over | not_found
 */
import { OWNING, script, TIME } from "./script";

export const TAKE_FOLLOW_UPS = script(String.raw`${TIME}
local limit, takenMs = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = now()
for _, id in ipairs(redis.call("ZRANGEBYSCORE", base .. ":taken", "-inf", "(" .. whole(at - takenMs))) do
  redis.call("ZREM", base .. ":taken", id)
  redis.call("ZADD", base .. ":waiting", id, id)
end
local answer = {}
for _, id in ipairs(redis.call("ZRANGE", base .. ":waiting", 0, limit - 1)) do
  redis.call("ZREM", base .. ":waiting", id)
  redis.call("ZADD", base .. ":taken", whole(at), id)
  local run, body = unpack(redis.call("HMGET", base .. ":followup:" .. id, "run", "body"))
  for _, part in ipairs({ id, run, body }) do table.insert(answer, part) end
end
return answer
`);

export const FOLLOW_UP_DONE = script(
  String.raw`${TIME}
redis.call("DEL", base .. ":followup:" .. ARGV[1])
redis.call("ZREM", base .. ":waiting", ARGV[1])
redis.call("ZREM", base .. ":taken", ARGV[1])
return 0
`,
  "allow-oom",
);

export const KEEP_FOR_END = script(String.raw`${TIME}${OWNING}
local id, followUpId, body = unpack(ARGV)
local status, endedAt = unpack(redis.call("HMGET", runKey(id), "status", "endedAt"))
if not status then return "not_found" end
if endedAt then return "over" end
redis.call("HSETNX", base .. ":atend:" .. id, followUpId, body)
return "kept"
`);

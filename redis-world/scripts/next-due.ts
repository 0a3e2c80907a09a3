/**
 * When there will be something to claim: the first run that nobody owns, or the end of the first
 * lease under which runs are owned, if it is not renewed.
 *
 * KEYS  base of a partition
 * gives time, or null
 */
import { script, TIME } from "./script";

export const NEXT_DUE = script(
  String.raw`${TIME}
local first = redis.call("ZRANGE", base .. ":due", 0, 0, "WITHSCORES")
local at = tonumber(first[2])
local sessions = redis.call("ZRANGE", base .. ":sessions", 0, -1, "WITHSCORES")
for index = 1, #sessions, 2 do
  if redis.call("EXISTS", base .. ":owned:" .. sessions[index]) == 1 then
    local ends = tonumber(sessions[index + 1])
    return at and math.min(at, ends) or ends
  end
end
return at or false
`,
  "no-writes",
);

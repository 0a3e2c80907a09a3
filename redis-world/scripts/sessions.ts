/**
 * Sessions: who may own runs of a partition, and until when.
 *
 * OPEN_SESSION    KEYS base; ARGV session, lease in ms; gives nothing
 * RENEW_SESSION   KEYS base; ARGV session, lease in ms; gives runs with news, or null if it is over
 * CLOSE_SESSION   KEYS base; ARGV session; gives nothing; its runs are due
 * COUNT_SESSIONS  KEYS base; gives how many have not run out
 */
import { OWNING, script, TIME } from "./script";

export const OPEN_SESSION = script(String.raw`${TIME}${OWNING}
redis.call("ZADD", base .. ":sessions", whole(now() + ARGV[2]), ARGV[1])
return 0
`);

export const RENEW_SESSION = script(String.raw`${TIME}${OWNING}
local session, at = ARGV[1], now()
local leasedUntil = tonumber(redis.call("ZSCORE", base .. ":sessions", session))
if not leasedUntil then return false end
if leasedUntil <= at then
  endSession(session)
  ring("")
  return false
end
redis.call("ZADD", base .. ":sessions", whole(at + ARGV[2]), session)
return redis.call("SMEMBERS", base .. ":news:" .. session)
`);

export const CLOSE_SESSION = script(
  String.raw`${TIME}${OWNING}
endSession(ARGV[1])
ring("")
return 0
`,
  "allow-oom",
);

export const COUNT_SESSIONS = script(String.raw`${TIME}${OWNING}
return redis.call("ZCOUNT", base .. ":sessions", "(" .. whole(now()), "+inf")
`);

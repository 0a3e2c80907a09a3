/**
 * Sessions: who may own runs of a partition, and until when. A session is known in a partition from its
 * first claim there on, and only while it may own something.
 *
 * RENEW_SESSION   KEYS base; ARGV session, lease in ms; gives time, when somebody has to look next or
 *                 "", and runs with news; null if it is over
 * KEEP_SESSION    KEYS base; ARGV session, lease in ms; gives 1, or 0 if it is over
 * CLOSE_SESSION   KEYS base; ARGV session; gives how many runs of it are due
 * APPEAR          KEYS base of the first partition; ARGV session, ms for which it is taken to be there;
 *                 gives time and how many are there
 * DISAPPEAR       KEYS base of the first partition; ARGV session; gives nothing
 * COUNT_WORKERS   KEYS base of the first partition; gives how many are there
 */
import { NEXT, OWNING, script, SESSIONS, TELLING, TIME } from "./script";

// A lease that has run out is still good while nobody has taken what it was for.
export const RENEW_SESSION = script(
  String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}${NEXT}
local session, at = ARGV[1], now()
if isOver(session) then return false end
redis.call("ZADD", base .. ":sessions", whole(at + ARGV[2]), session)
local news = base .. ":news:" .. session
local answer = redis.call("SMEMBERS", news)
-- What was said of steps of other owners' runs is said once; an owner hears of its own until it acts.
for _, id in ipairs(answer) do
  if redis.call("HGET", runKey(id), "owner") ~= session then redis.call("SREM", news, id) end
end
table.insert(answer, 1, nextDue() or "")
table.insert(answer, 1, whole(at))
return answer
`,
  "allow-oom",
);

export const KEEP_SESSION = script(
  String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}
if isOver(ARGV[1]) then return 0 end
local sessions = base .. ":sessions"
if redis.call("ZSCORE", sessions, ARGV[1]) then
  redis.call("ZADD", sessions, whole(now() + ARGV[2]), ARGV[1])
end
return 1
`,
  "allow-oom",
);

export const CLOSE_SESSION = script(
  String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}
return endSession(ARGV[1])
`,
  "allow-oom",
);

export const APPEAR = script(
  String.raw`${TIME}${OWNING}
local at = clock()
local isNew = redis.call("ZADD", base .. ":workers", whole(at + ARGV[2]), ARGV[1]) == 1
if isNew then ringAll() end
return { whole(at), redis.call("ZCOUNT", base .. ":workers", "(" .. whole(at), "+inf") }
`,
  "allow-oom",
);

export const DISAPPEAR = script(
  String.raw`${TIME}
redis.call("ZREM", base .. ":workers", ARGV[1])
redis.call("ZREMRANGEBYSCORE", base .. ":workers", "-inf", whole(clock()))
return 0
`,
  "allow-oom",
);

export const COUNT_WORKERS = script(
  String.raw`${TIME}
return redis.call("ZCOUNT", base .. ":workers", "(" .. whole(clock()), "+inf")
`,
  "no-writes",
);

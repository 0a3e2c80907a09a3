/**
 * What a session has here and does not know of goes to others: what it had done for it was acknowledged,
 * and lost with the server (P1, P2).
 *
 * KEYS  base of a partition
 * ARGV  session, how many runs, the runs, then attempts of other owners' runs (`memberOf`)
 * gives how many runs are due now
 */
import { OWNING, script, SESSIONS, TELLING, TIME } from "./script";

export const LET_GO = script(
  String.raw`${TIME}${OWNING}${TELLING}${SESSIONS}
local session, runs = ARGV[1], tonumber(ARGV[2])
local count = 0
for at = 3, 2 + runs do
  local id = ARGV[at]
  local owner, endedAt = unpack(redis.call("HMGET", runKey(id), "owner", "endedAt"))
  if owner == session then
    disown(id, session)
    if not endedAt then
      dueNoLater(id, now())
      count = count + 1
    end
  end
end
for at = 3 + runs, #ARGV do
  if redis.call("HGET", base .. ":holders", ARGV[at]) == session then loseAttempt(ARGV[at]) end
end
return count
`,
  "allow-oom",
);

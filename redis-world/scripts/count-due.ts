/**
 * How many runs are due that nobody owns.
 *
 * KEYS  base of a partition
 * gives how many
 */
import { OWNING, script, TIME } from "./script";

export const COUNT_DUE = script(
  String.raw`${TIME}${OWNING}
local at, count = whole(clock()), 0
for _, workflow in ipairs(redis.call("ZRANGEBYSCORE", base .. ":due", "-inf", at)) do
  count = count + redis.call("ZCOUNT", duesOf(workflow), "-inf", at)
end
return count
`,
  "no-writes",
);

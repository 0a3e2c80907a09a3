/**
 * Bundles: the text in a slot of its own, and in each partition the mark that it is there, which the
 * creation of a run checks. The text is written ahead of the marks and goes after them, and only if
 * nobody has put it again.
 *
 * PUT_BUNDLE_TEXT   KEYS key of the bundle; ARGV text; gives nothing
 * MARK_BUNDLE       KEYS base; ARGV hash; gives nothing
 * DROP_BUNDLE_TEXT  KEYS key of the bundle; ARGV time since which nobody may have put it; gives nothing
 */
import { script, TIME } from "./script";

export const PUT_BUNDLE_TEXT = script(String.raw`
local time = redis.call("TIME")
redis.call("HSET", KEYS[1], "text", ARGV[1], "touchedAt", string.format("%.0f", time[1] * 1000 + math.floor(time[2] / 1000)))
return 0
`);

export const MARK_BUNDLE = script(String.raw`${TIME}
redis.call("ZADD", base .. ":bundles", whole(now()), ARGV[1])
return 0
`);

export const DROP_BUNDLE_TEXT = script(
  String.raw`
local touchedAt = tonumber(redis.call("HGET", KEYS[1], "touchedAt"))
if touchedAt and touchedAt < tonumber(ARGV[1]) then redis.call("UNLINK", KEYS[1]) end
return 0
`,
  "allow-oom",
);

/**
 * A token is given back, unless another hook has it by now.
 *
 * KEYS  key of the token
 * ARGV  run, call
 * gives nothing
 */
import { script } from "./script";

export const FREE_TOKEN = script(
  String.raw`
local held = redis.call("HMGET", KEYS[1], "run", "call")
if held[1] == ARGV[1] and held[2] == ARGV[2] then redis.call("DEL", KEYS[1]) end
return 0
`,
  "allow-oom",
);

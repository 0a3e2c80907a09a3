/**
 * A token is given back, unless another hook has it by now, or it was reserved anew.
 *
 * KEYS  key of the token
 * ARGV  run, call, time of its reservation
 * gives nothing
 */
import { script } from "./script";

export const FREE_TOKEN = script(
  String.raw`
local run, call, at = unpack(redis.call("HMGET", KEYS[1], "run", "call", "at"))
if run == ARGV[1] and call == ARGV[2] and at == ARGV[3] then redis.call("DEL", KEYS[1]) end
return 0
`,
  "allow-oom",
);

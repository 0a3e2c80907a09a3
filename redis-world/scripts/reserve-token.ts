/**
 * The reservation of a custom token, in a slot of its own. Its holder keeps it; another gets it when
 * nobody has it, or from the very holder that it has found to be no longer entitled to it (W4).
 *
 * KEYS  key of the token
 * ARGV  run, call, then what was found before: run, call, time of its reservation, or "" each
 * gives nothing if it is reserved now; else run, call, time and age of the one that has it
 */
import { RESERVING, script } from "./script";

export const RESERVE_TOKEN = script(String.raw`${RESERVING}
local run, call = unpack(ARGV, 1, 2)
local held = redis.call("HMGET", KEYS[1], "run", "call", "at")
local isOwn = held[1] == run
local isExpected = held[1] == ARGV[3] and held[2] == ARGV[4] and held[3] == ARGV[5]
if held[1] and not isOwn and not isExpected then
  return { held[1], held[2], held[3], string.format("%.0f", reservedAt - held[3]) }
end
redis.call("HSET", KEYS[1], "run", run, "call", call, "at", reservedAt)
return {}
`);

/**
 * A run that is about to be reopened says again that it has a token, unless another run has it.
 *
 * KEYS  key of the token
 * ARGV  run, call of the hook for which it is reserved if nobody has it
 * gives kept, time of the reservation | taken, run that has it
 */
import { RESERVING, script } from "./script";

export const KEEP_TOKEN = script(String.raw`${RESERVING}
local run, call = unpack(ARGV)
local holder = redis.call("HGET", KEYS[1], "run")
if holder and holder ~= run then return { "taken", holder } end
if not holder then redis.call("HSET", KEYS[1], "run", run, "call", call) end
redis.call("HSET", KEYS[1], "at", reservedAt)
return { "kept", reservedAt }
`);

/**
 * A message for a run; if nobody owns that, it is due at once.
 *
 * KEYS  base of the run's partition
 * ARGV  run, id of the message or "", call of its hook or "", body, most messages a run may have, a
 *       session that need not be told because it asks, or ""
 * gives stored, session that owns the run or "" | duplicate | gone | full | over | not_found
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const SEND_MESSAGE = script(String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, messageId, call, body, most, asking = unpack(ARGV)
local inbox, ids = base .. ":inbox:" .. id, base .. ":ids:" .. id
local messages, endedAt = unpack(redis.call("HMGET", runKey(id), "messages", "endedAt"))
if not messages then return { "not_found" } end
if endedAt then return { "over" } end
if messageId ~= "" and redis.call("SISMEMBER", ids, messageId) == 1 then return { "duplicate" } end
if call ~= "" and redis.call("SISMEMBER", base .. ":disposed:" .. id, call) == 1 then return { "gone" } end
if redis.call("XLEN", inbox) >= tonumber(most) then return { "full" } end

if messageId ~= "" then redis.call("SADD", ids, messageId) end
return { "stored", addMessage(id, body, asking) or "" }
`);

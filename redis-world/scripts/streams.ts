/**
 * Streams of runs. A stream that is new when its run is over is closed.
 *
 * WRITE_CHUNKS  KEYS base; ARGV stream, run, "default" or "", chunks; gives the index of the first,
 *               or null if the stream is closed, or there is no such run
 * CLOSE_STREAM  KEYS base; ARGV stream, run; gives nothing
 */
import { ENDING, OWNING, script, TIME } from "./script";

const OPEN = String.raw`${TIME}${OWNING}${ENDING}
local name, id = ARGV[1], ARGV[2]
local stream, chunks = base .. ":stream:" .. name, base .. ":chunks:" .. name

local function open()
  local status, endedAt = unpack(redis.call("HMGET", runKey(id), "status", "endedAt"))
  if not status then return nil end
  if redis.call("EXISTS", stream) == 0 then
    redis.call("HSET", stream, "run", id, "count", 0, "closed", endedAt and "end" or "0")
    redis.call("RPUSH", base .. ":streams:" .. id, name)
  end
  local count, closed = unpack(redis.call("HMGET", stream, "count", "closed"))
  return tonumber(count), closed ~= "0"
end
`;

export const WRITE_CHUNKS = script(String.raw`${OPEN}
local count, isClosed = open()
if not count or isClosed then return false end
local written, bytes = #ARGV - 3, 0
local stamp = ARGV[3] == "default" and redis.call("HINCRBY", runKey(id), "stamp", written) - written
for n = 1, written do
  local data = ARGV[3 + n]
  bytes = bytes + #data
  local entry = { "XADD", chunks, (count + n) .. "-0", "d", data }
  if stamp then
    table.insert(entry, "s")
    table.insert(entry, stamp + n)
  end
  redis.call(unpack(entry))
end
redis.call("HINCRBY", stream, "count", written)
addBytes(id, bytes)
redis.call("PUBLISH", stream, "")
return count
`);

export const CLOSE_STREAM = script(String.raw`${OPEN}
if open() then redis.call("HSET", stream, "closed", 1) end
redis.call("PUBLISH", stream, "")
return 0
`);

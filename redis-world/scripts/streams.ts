/**
 * Streams of runs. A stream that is new when its run is over is closed.
 *
 * The kind is "default", "outlives" or "".
 *
 * WRITE_CHUNKS  KEYS base; ARGV stream, run, kind, fence or "", chunks; gives the index of the first,
 *               or null if the stream is closed, the fence another, or there is no such run
 * CLOSE_STREAM  KEYS base; ARGV stream, run, kind, fence or "", failure unless it ends well; gives
 *               nothing, and does nothing if the fence is another
 * READ_CHUNKS   KEYS base; ARGV stream, index, how many at most, how many characters; gives entries
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

const OPEN = String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local name, id, kind = ARGV[1], ARGV[2], ARGV[3]
local stream, chunks = base .. ":stream:" .. name, base .. ":chunks:" .. name

local function open()
  local status, endedAt = unpack(redis.call("HMGET", runKey(id), "status", "endedAt"))
  if not status then return nil end
  if redis.call("EXISTS", stream) == 0 then
    local outlives = kind == "outlives"
    local closed = endedAt and not outlives and "end" or "0"
    redis.call("HSET", stream, "run", id, "count", 0, "closed", closed)
    if outlives then redis.call("HSET", stream, "outlives", 1) end
    redis.call("RPUSH", base .. ":streams:" .. id, name)
  end
  local count, closed = unpack(redis.call("HMGET", stream, "count", "closed"))
  return tonumber(count), closed ~= "0"
end
`;

export const WRITE_CHUNKS = script(String.raw`${OPEN}
local count, isClosed = open()
if not count or isClosed then return false end
if ARGV[4] ~= "" and redis.call("HGET", runKey(id), "fence") ~= ARGV[4] then return false end
local written, bytes = #ARGV - 4, 0
local stamp = kind == "default" and redis.call("HINCRBY", runKey(id), "stamp", written) - written
for n = 1, written do
  local data = ARGV[4 + n]
  bytes = bytes + #data
  local entry = { "XADD", chunks, (count + n) .. "-0", "d", data }
  if stamp then
    table.insert(entry, "s")
    table.insert(entry, stamp + n)
  end
  redis.call(unpack(entry))
end
redis.call("HINCRBY", stream, "count", written)
redis.call("HINCRBY", stream, "writes", 1)
addBytes(id, bytes)
redis.call("PUBLISH", stream, "")
return count
`);

export const CLOSE_STREAM = script(String.raw`${OPEN}
local count, isClosed = open()
if ARGV[4] ~= "" and redis.call("HGET", runKey(id), "fence") ~= ARGV[4] then return 0 end
if count then
  if ARGV[5] and not isClosed then redis.call("HSET", stream, "failure", ARGV[5]) end
  -- Closed by the end of its run, too: a retry does not open it again.
  redis.call("HSET", stream, "closed", 1)
end
redis.call("PUBLISH", stream, "")
return 0
`);

// 0-0 is no id of a Redis Stream, so its ids are one ahead of the indexes.
export const READ_CHUNKS = script(
  String.raw`
local chunks, page, size = KEYS[1] .. ":chunks:" .. ARGV[1], {}, 0
local from, limit, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local start = string.format("%.0f-0", from + 1)
while #page < limit and size <= most do
  local group = redis.call("XRANGE", chunks, start, "+", "COUNT", math.min(16, limit - #page))
  if #group == 0 then break end
  for _, entry in ipairs(group) do
    if size > most then break end
    table.insert(page, entry)
    size = size + #entry[2][2]
    start = "(" .. entry[1]
  end
end
return page
`,
  "no-writes",
);

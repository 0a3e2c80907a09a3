/** What becomes of the permits of a session that is over, and of its place among those who wait. */
export const DROP_PERMITS = String.raw`
local function dropPermits(session)
  for _, name in ipairs(redis.call("SMEMBERS", base .. ":permitsof:" .. session)) do
    redis.call("HDEL", base .. ":permits:" .. name, session)
    redis.call("ZREM", base .. ":queue:" .. name, session)
  end
  redis.call("DEL", base .. ":permitsof:" .. session)
end
`;

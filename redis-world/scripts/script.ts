/**
 * What all scripts share. A script is one transition: Redis runs it without a pause, so it is atomic.
 *
 * - S1 KEYS[1] is the base of a partition, `<prefix>:{p<n>}`, and every key is made from it, so a
 *   script touches one slot. The line `#!lua` makes Redis refuse one that does not, also where all
 *   slots are on one node.
 * - S2 Time is the server's (W3), and never goes back: `base:clock` holds the latest one given.
 * - S3 Texts go through untouched: what is JSON to the world is never decoded here.
 *
 * Keys of a partition, behind its base:
 *
 *     :layout                           in the first one: format and number of partitions
 *     :clock :number                    latest time given; number of what was made last
 *     :run:<run>                        hash: record, counters, owner
 *     :log:<run>                        stream: <position>-0 -> e event, s stamp
 *     :inbox:<run> :ids:<run>           stream: <number>-0 -> b body; set of message ids
 *     :runhooks:<run> :disposed:<run>   hash: call -> token; set of calls whose hook is gone
 *     :tokens :hooks :freed             hash: token -> record; by number; tokens to give back
 *     :streams:<run> :stream:<id>       list of stream ids; hash: run, count, closed (0, 1, end),
 *                                       failure, writes, outlives
 *     :chunks:<id>                      stream: <index + 1>-0 -> d data, s stamp
 *     :runs :runs:<field>:<value>       runs by number: all, by workflow, status, key, parent, reason,
 *                                       tag
 *     :keys                             hash: key -> live run
 *     :due:<workflow> :due :served      runs that nobody owns, by due time; workflows, by that of their
 *                                       first run; hash: workflow -> when a claim last had runs of it
 *     :sessions :owned:<s> :news:<s>    sessions that own runs, by end of lease; their runs; those with
 *                                       news, which is also the channel on which they hear of them
 *     :over:<s>                         a session that was ended while it owned runs; goes in a day
 *     :workers                          in the first one: sessions by when they are taken to be gone
 *     :claim:<s> :guarded               hash: id and answer of the last claim; when it was last said,
 *                                       on the channel :work, that there are leases to watch over
 *     :ended:finished :ended:failed     runs that are over, by time of their end
 *     :bundles :bundleruns :bytes       bundles by time of last touch; runs of each; bytes stored
 *     :followup:<id> :waiting :taken    hash: run, body; ids by number; ids by time taken
 *     :offers :offered:<run>            attempts that nobody has taken, by number (memberOf); hash of
 *                                       those of a run that are not over: -> body
 *     :held:<s> :holders                attempts that a session has taken; hash: attempt -> session
 *     :permits:<name> :queue:<name>     permits of steps: hash: session -> how many it has and wants; who
 *     :permitsof:<s> :asked:<s>:<name>  wants more, by number; names of a session; turn of its last request
 *     :inside:<name> :called:<name>     in the first one, permits of workflows: hash: run -> position;
 *     :line:<name> :places:<name>       those that have not entered yet; who waits, by number; hash: run
 *     :lines :limits                    -> position; names with a line; hash: name -> limit
 *     :atend:<run>                      hash: id -> body of a follow-up that is to come at its end
 */
import { createHash } from "node:crypto";
import { DROP_PERMITS } from "./drop-permits";
import { DUE_INDEX } from "./due-index";

export interface Script {
  text: string;
  sha: string;
  changesNothing: boolean;
}

/** `flags` as Redis has them: `no-writes`, `allow-oom` for what only frees memory. */
export function script(body: string, flags = ""): Script {
  const text = `#!lua${flags && ` flags=${flags}`}\n${body}`;
  const sha = createHash("sha1").update(text).digest("hex");
  return { text, sha, changesNothing: flags.includes("no-writes") };
}

/** The clock, and numbers that ascend in a partition and are never those of another. */
export const TIME = String.raw`
local base = KEYS[1]

local function whole(n)
  return string.format("%.0f", n)
end

local function clock()
  local time = redis.call("TIME")
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function now()
  local ms = clock()
  local last = tonumber(redis.call("GET", base .. ":clock") or "0")
  if ms <= last then return last end
  redis.call("SET", base .. ":clock", whole(ms))
  return ms
end

local function nextNumber()
  local time = redis.call("TIME")
  local wanted = math.floor((time[1] * 1000000 + time[2]) / 64)
  local last = tonumber(redis.call("GET", base .. ":number") or "0")
  local number = math.max(wanted, last + 1)
  redis.call("SET", base .. ":number", whole(number))
  return number * 64 + tonumber(string.match(base, "{p(%d+)}"))
end
`;

/** The time of a reservation, so fine that no two of a token have the same. */
export const RESERVING = String.raw`
local time = redis.call("TIME")
local reservedAt = string.format("%.3f", time[1] * 1000 + time[2] / 1000)
`;

/** Who owns a run, when somebody has to look at it, and who is told. */
export const OWNING = String.raw`
local function runKey(id)
  return base .. ":run:" .. id
end

-- Tells all processes to look. Where a run is due one of them is enough, whom the doorbell tells.
local function ringAll()
  redis.call("PUBLISH", base .. ":work", "")
end

-- In the session that asks nobody has to be told that way.
local function tellOwner(owner, id, asking)
  local news = base .. ":news:" .. owner
  redis.call("SADD", news, id)
  if owner ~= asking then redis.call("PUBLISH", news, id) end
end

${DUE_INDEX}

local function disown(id, session)
  redis.call("HDEL", runKey(id), "owner")
  redis.call("SREM", base .. ":owned:" .. session, id)
  redis.call("SREM", base .. ":news:" .. session, id)
end
`;

const OWNS = String.raw`
local function owns(session)
  local kinds = { ":owned:", ":held:", ":permitsof:" }
  for at, kind in ipairs(kinds) do kinds[at] = base .. kind .. session end
  return redis.call("EXISTS", unpack(kinds)) > 0
end
`;

/** Messages of runs, and attempts that were offered, each of which gives its run one when it is over. */
export const TELLING = String.raw`
local function addMessage(id, body, asking)
  local messages, owner = unpack(redis.call("HMGET", runKey(id), "messages", "owner"))
  redis.call("XADD", base .. ":inbox:" .. id, (messages + 1) .. "-0", "b", body)
  redis.call("HINCRBY", runKey(id), "messages", 1)
  if owner then tellOwner(owner, id, asking)
  else dueNoLater(id, now()) end
  return owner
end

local function memberOf(id, call, attempt)
  return attempt .. " " .. #id .. " " .. id .. " " .. call
end

local function partsOf(member)
  local attempt, length, rest = string.match(member, "^(%d+) (%d+) (.*)$")
  return string.sub(rest, 1, length), attempt, string.sub(rest, length + 2)
end

local function addOffer(id, call, attempt, body)
  local member = memberOf(id, call, attempt)
  redis.call("HSET", base .. ":offered:" .. id, member, body)
  redis.call("ZADD", base .. ":offers", whole(nextNumber()), member)
end

-- Whoever has it is told by whoever takes it from them.
local function endOffer(id, member)
  redis.call("HDEL", base .. ":offered:" .. id, member)
  redis.call("ZREM", base .. ":offers", member)
  local holder = redis.call("HGET", base .. ":holders", member)
  if not holder then return nil end
  redis.call("HDEL", base .. ":holders", member)
  redis.call("SREM", base .. ":held:" .. holder, member)
  return holder
end

local function endOffers(id)
  for _, member in ipairs(redis.call("HKEYS", base .. ":offered:" .. id)) do
    local holder = endOffer(id, member)
    if holder then tellOwner(holder, id, "") end
  end
end
`;

/** What becomes of what a session had. */
export const SESSIONS = String.raw`${OWNS}${DROP_PERMITS}
local function extend(session, at, leaseMs)
  redis.call("ZADD", base .. ":sessions", whole(at + leaseMs), session)
  -- Whoever has nothing to do watches over the leases of those who have.
  if at - tonumber(redis.call("GET", base .. ":guarded") or "0") > leaseMs / 2 then
    redis.call("SET", base .. ":guarded", whole(at))
    ringAll()
  end
end

local function isOver(session)
  return redis.call("EXISTS", base .. ":over:" .. session) == 1
end

-- An attempt of another owner's run is lost with who has taken it.
local function loseAttempt(member)
  local id, attempt, call = partsOf(member)
  endOffer(id, member)
  addMessage(id, cjson.encode({
    type = "step_over", call = call, attempt = tonumber(attempt), outcome = { type = "lost" },
  }), "")
end

-- The runs of a session that is over are due at once. Gives how many there are.
local function endSession(session)
  for _, member in ipairs(redis.call("SMEMBERS", base .. ":held:" .. session)) do loseAttempt(member) end
  dropPermits(session)
  local owned = redis.call("SMEMBERS", base .. ":owned:" .. session)
  local count = 0
  for _, id in ipairs(owned) do
    local hasEnded = redis.call("HEXISTS", runKey(id), "endedAt") == 1
    redis.call("HDEL", runKey(id), "owner")
    if not hasEnded then
      dueNoLater(id, now())
      count = count + 1
    end
  end
  redis.call("DEL", base .. ":owned:" .. session, base .. ":news:" .. session, base .. ":held:" .. session)
  redis.call("DEL", base .. ":claim:" .. session)
  redis.call("ZREM", base .. ":sessions", session)
  redis.call("SET", base .. ":over:" .. session, 1, "EX", 86400)
  return count
end

-- One that owned nothing has lost nothing, and may claim again.
local function endLapsed(session)
  if owns(session) then return endSession(session) end
  redis.call("ZREM", base .. ":sessions", session)
  return 0
end
`;

/** When somebody has to look next. */
export const NEXT = String.raw`${OWNS}
local function nextDue()
  local at = redis.call("ZRANGE", base .. ":due", 0, 0, "WITHSCORES")[2]
  local sessions = redis.call("ZRANGE", base .. ":sessions", 0, -1, "WITHSCORES")
  for index = 1, #sessions, 2 do
    if owns(sessions[index]) then
      local ends = sessions[index + 1]
      return at and tonumber(at) <= tonumber(ends) and at or ends
    end
  end
  return at or false
end
`;

/** What belongs to a run, what of it goes when the run is over, and what when it is purged. */
export const ENDING = String.raw`
local function index(field, value)
  return base .. ":runs:" .. field .. ":" .. value
end

-- Each has a field "tag:<name>".
local function tagsOf(run)
  local tags = {}
  for field, value in pairs(run) do
    if string.sub(field, 1, 4) == "tag:" then tags[field] = value end
  end
  return tags
end

local function addBytes(id, count)
  redis.call("HINCRBY", runKey(id), "bytes", count)
  redis.call("INCRBY", base .. ":bytes", count)
end

-- The hook may have been there before and gone, if what made it then was undone by a retry.
local function confirmHook(id, call, token, record)
  redis.call("SREM", base .. ":disposed:" .. id, call)
  redis.call("HSET", base .. ":runhooks:" .. id, call, token)
  redis.call("HSET", base .. ":tokens", token, record)
  redis.call("ZADD", base .. ":hooks", "NX", whole(nextNumber()), token)
end

local function freedEntry(id, call, token)
  return cjson.encode({ token, id, call })
end

-- Its token lives in a slot of its own, and is given back from there by whoever reads :freed.
-- The run may have given it to another of its hooks, which keeps it.
local function dropHook(id, call, token)
  redis.call("HDEL", base .. ":runhooks:" .. id, call)
  local record = redis.call("HGET", base .. ":tokens", token)
  if record and cjson.decode(record).call ~= call then return end
  redis.call("HDEL", base .. ":tokens", token)
  redis.call("ZREM", base .. ":hooks", token)
  redis.call("SADD", base .. ":freed", freedEntry(id, call, token))
end

local function dropHooks(id)
  local hooks = redis.call("HGETALL", base .. ":runhooks:" .. id)
  for at = 1, #hooks, 2 do dropHook(id, hooks[at], hooks[at + 1]) end
  return #hooks > 0
end

local function changeStatus(id, number, from, to)
  redis.call("ZREM", index("status", from), id)
  redis.call("ZADD", index("status", to), number, id)
  redis.call("HSET", runKey(id), "status", to)
end

local function park(id, number, code)
  local before = redis.call("HGET", runKey(id), "parkedCode")
  if before then redis.call("ZREM", index("parkedCode", before), id) end
  if code == "" then redis.call("HDEL", runKey(id), "parked", "parkedCode") return end
  redis.call("HSET", runKey(id), "parkedCode", code)
  redis.call("ZADD", index("parkedCode", code), number, id)
end

local function countBundle(hash, by)
  local left = redis.call("HINCRBY", base .. ":bundleruns", hash, by)
  if left <= 0 then redis.call("HDEL", base .. ":bundleruns", hash) end
end

local function changeBundle(id, hash)
  countBundle(redis.call("HGET", runKey(id), "bundle"), -1)
  countBundle(hash, 1)
  redis.call("HSET", runKey(id), "bundle", hash)
end

-- Whoever asked tells somebody to take them.
local followUpsAdded = 0
local function addFollowUps(id, bodies)
  for _, body in ipairs(bodies) do
    local followUp = whole(nextNumber())
    redis.call("HSET", base .. ":followup:" .. followUp, "run", id, "body", body)
    redis.call("ZADD", base .. ":waiting", followUp, followUp)
  end
  followUpsAdded = followUpsAdded + #bodies
end

local function changeStreams(id, from, to)
  for _, name in ipairs(redis.call("LRANGE", base .. ":streams:" .. id, 0, -1)) do
    local stream = base .. ":stream:" .. name
    local closed, outlives = unpack(redis.call("HMGET", stream, "closed", "outlives"))
    if closed == from and not outlives then redis.call("HSET", stream, "closed", to) end
    redis.call("PUBLISH", stream, "")
  end
end

-- A terminal state, with all that only a live run has. Gives whether tokens are free.
local function endRun(id, status, endedAt)
  local key, number = unpack(redis.call("HMGET", runKey(id), "key", "number"))
  redis.call("HSET", runKey(id), "endedAt", endedAt)
  redis.call("ZADD", base .. ":ended:" .. (status == "failed" and "failed" or "finished"), whole(now()), id)
  if key then redis.call("HDEL", base .. ":keys", key) end
  park(id, number, "")
  dropDue(id)
  endOffers(id)
  local hasFreed = dropHooks(id)
  addFollowUps(id, redis.call("HVALS", base .. ":atend:" .. id))
  redis.call("DEL", base .. ":atend:" .. id)
  -- A run that failed may be reopened, and then knows what it had been told.
  if status ~= "failed" then
    redis.call("DEL", base .. ":inbox:" .. id, base .. ":ids:" .. id, base .. ":disposed:" .. id)
  end
  changeStreams(id, "0", "end")
  redis.call("PUBLISH", base .. ":end:" .. id, "")
  return hasFreed
end

local function purgeRun(id)
  local run = {}
  local fields = redis.call("HGETALL", runKey(id))
  for at = 1, #fields, 2 do run[fields[at]] = fields[at + 1] end
  if run.owner then disown(id, run.owner) end
  for _, stream in ipairs(redis.call("LRANGE", base .. ":streams:" .. id, 0, -1)) do
    redis.call("UNLINK", base .. ":stream:" .. stream, base .. ":chunks:" .. stream)
  end
  redis.call("UNLINK", runKey(id), base .. ":log:" .. id, base .. ":streams:" .. id,
    base .. ":inbox:" .. id, base .. ":ids:" .. id, base .. ":disposed:" .. id)
  redis.call("ZREM", base .. ":runs", id)
  redis.call("ZREM", index("workflow", run.workflow), id)
  redis.call("ZREM", index("status", run.status), id)
  if run.key then redis.call("ZREM", index("key", run.key), id) end
  if run.parent then redis.call("ZREM", index("parent", run.parent), id) end
  for tag, value in pairs(tagsOf(run)) do redis.call("ZREM", index(tag, value), id) end
  redis.call("ZREM", base .. ":ended:finished", id)
  redis.call("ZREM", base .. ":ended:failed", id)
  redis.call("DECRBY", base .. ":bytes", run.bytes)
  countBundle(run.bundle, -1)
end
`;

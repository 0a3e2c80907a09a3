/**
 * The append of an owner: all of it, or nothing (W1).
 *
 * KEYS  base of the run's partition
 * ARGV  run, append id, fence, position, due time (a number, "none", or "" to leave it), seen or "",
 *       "releases" or "", status or "", code of the reason to park for ("none" takes it away, "" leaves
 *       it), another bundle or "", then seven lists, each behind its length: events, changed fields
 *       (name, value), messages taken, hooks (call, token, record), calls of disposed hooks, follow-ups,
 *       offers (call, attempt, body)
 * gives done, stamp of the first event, 1 if tokens are free, how many follow-ups wait, and if it was
 *       given up and is due at all, time and when it is, else "" each | fenced
 */
import { ENDING, OWNING, script, TELLING, TIME } from "./script";

export const APPEND = script(String.raw`${TIME}${OWNING}${TELLING}${ENDING}
local id, appendId, fence, position, dueAt, seen, releases, status, code, bundle = unpack(ARGV, 1, 10)
local cursor = 11
local function list()
  local first = cursor + 1
  cursor = first + tonumber(ARGV[cursor])
  return first, cursor - 1
end

local run, log = runKey(id), base .. ":log:" .. id
local owner, ownFence, ownPosition, stamp, lastAppend, lastStamp, endedAt, oldStatus, number, messages,
  oldSeen, oldBytes = unpack(redis.call("HMGET", run, "owner", "fence", "position", "stamp",
    "lastAppend", "lastStamp", "endedAt", "status", "number", "messages", "seen", "bytes"))
-- What it was told the first time (W8).
if lastAppend == appendId then
  local due = not owner and redis.call("HGET", run, "dueAt") or ""
  local waiting = redis.call("EXISTS", base .. ":waiting")
  return { "done", tonumber(lastStamp), 0, waiting, due ~= "" and whole(clock()) or "", due }
end
if not owner or endedAt or ownFence ~= fence or tonumber(ownPosition) ~= position - 1 then
  return { "fenced" }
end

local first, last = list()
local bytes = 0
for at = first, last do
  local offset = at - first
  redis.call("XADD", log, (position + offset) .. "-0", "e", ARGV[at], "s", stamp + offset + 1)
  bytes = bytes + #ARGV[at]
end
local count = last - first + 1
local unseen = math.max(tonumber(oldSeen), tonumber(seen) or 0)
-- One command for all fields that change.
local fields = { "position", position + count - 1, "stamp", stamp + count, "lastAppend", appendId,
  "lastStamp", stamp + 1, "bytes", oldBytes + bytes, "seen", unseen }
local function set(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
if count > 0 or releases ~= "" then set("claims", 0) end
if tonumber(dueAt) then set("dueAt", dueAt) end
first, last = list()
for at = first, last do fields[#fields + 1] = ARGV[at] end
redis.call("HSET", run, unpack(fields))
if dueAt == "none" then redis.call("HDEL", run, "dueAt") end
if bytes > 0 then redis.call("INCRBY", base .. ":bytes", bytes) end

first, last = list()
for at = first, last do redis.call("XDEL", base .. ":inbox:" .. id, ARGV[at] .. "-0") end
first, last = list()
for at = first, last, 3 do confirmHook(id, ARGV[at], ARGV[at + 1], ARGV[at + 2]) end
local hasFreed = false
first, last = list()
for at = first, last do
  local token = redis.call("HGET", base .. ":runhooks:" .. id, ARGV[at])
  if token then
    dropHook(id, ARGV[at], token)
    hasFreed = true
  end
  redis.call("SADD", base .. ":disposed:" .. id, ARGV[at])
end
first, last = list()
addFollowUps(id, { unpack(ARGV, first, last) })
first, last = list()
for at = first, last, 3 do addOffer(id, ARGV[at], ARGV[at + 1], ARGV[at + 2]) end

if seen ~= "" and tonumber(messages) <= unseen then
  redis.call("SREM", base .. ":news:" .. owner, id)
end
if bundle ~= "" then changeBundle(id, bundle) end
if code ~= "" then park(id, number, code == "none" and "" or code) end
if status ~= "" then changeStatus(id, number, oldStatus, status) end

local due = ""
if status == "completed" or status == "failed" or status == "cancelled" then
  hasFreed = endRun(id, status, redis.call("HGET", run, "endedAt") or whole(now())) or hasFreed
  disown(id, owner)
elseif releases ~= "" then
  disown(id, owner)
  -- Messages that came while the owner was giving the run up are for the next one.
  if tonumber(messages) > unseen then dueNoLater(id, now()) end
  due = redis.call("HGET", run, "dueAt") or ""
  if due ~= "" then putDue(id, tonumber(due)) end
end
redis.call("PUBLISH", log, "")
return { "done", stamp + 1, hasFreed and 1 or 0, followUpsAdded, due ~= "" and whole(clock()) or "", due }
`);

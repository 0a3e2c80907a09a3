/**
 * Keys of runs that are in another partition than their run: "away". The partition of the key says who
 * has it, that of the run whether there is such a run. The time of a reservation tells it from others.
 *
 * RESERVE_KEY    KEYS base of the key's partition; ARGV key, run, then run and time of the reservation
 *                that it may take the place of, or "" each; gives time of the reservation, or "", run
 *                that has the key, time and age in ms of its reservation, "" each if it is not away
 * KEY_HOLDER     KEYS base of the key's partition; ARGV key; gives run, time, age as above, or nothing
 * FREE_KEY       KEYS base of the key's partition; ARGV key, run, time of its reservation; gives nothing
 * AWAY_KEYS      KEYS base of a partition; ARGV how many at most; gives some: key, run, time, age, flat
 * KEY_STATE      KEYS base of the run's partition; ARGV run, key, time of its reservation, "bar" or "";
 *                gives held | gone: it can have the key no more | open: it may yet come to life with it,
 *                unless "bar" was asked for, which makes it gone
 * CREATE_RESERVED, REOPEN_RESERVED  CREATE_RUN and REOPEN_RUN with a reservation, see `ifReserved`
 */
import { CREATE_RUN } from "./create-run";
import { REOPEN_RUN } from "./reopen-run";
import { OWNING, RESERVING, script, type Script, TIME } from "./script";

/** So long a run may come to life with a reservation; a bar against that stays for twice as long. */
const COUNTS_MS = 300_000;

const AWAY = String.raw`
local keys, away = KEYS[1] .. ":keys", KEYS[1] .. ":awaykeys"

local function reservationOf(key)
  local entry = redis.call("HGET", away, key)
  if not entry then return "", "" end
  local at, run = string.match(entry, "^(%S+) (.*)$")
  return at, string.format("%.0f", reservedAt - at)
end
`;

export const RESERVE_KEY = script(String.raw`${RESERVING}${AWAY}
local key, run = ARGV[1], ARGV[2]
local holder = redis.call("HGET", keys, key)
local at, age = reservationOf(key)
local isExpected = holder == ARGV[3] and at == ARGV[4] and at ~= ""
if holder and holder ~= run and not isExpected then return { "", holder, at, age } end
-- Later than the one before, also where the clock went back.
if at ~= "" and tonumber(reservedAt) <= tonumber(at) then reservedAt = string.format("%.3f", at + 0.001) end
redis.call("HSET", keys, key, run)
redis.call("HSET", away, key, reservedAt .. " " .. run)
return { reservedAt }
`);

export const KEY_HOLDER = script(
  String.raw`${RESERVING}${AWAY}
local holder = redis.call("HGET", keys, ARGV[1])
if not holder then return {} end
local at, age = reservationOf(ARGV[1])
return { holder, at, age }
`,
  "no-writes",
);

export const FREE_KEY = script(
  String.raw`${RESERVING}${AWAY}
local at = reservationOf(ARGV[1])
if at ~= ARGV[3] or redis.call("HGET", keys, ARGV[1]) ~= ARGV[2] then return 0 end
redis.call("HDEL", keys, ARGV[1])
redis.call("HDEL", away, ARGV[1])
return 0
`,
  "allow-oom",
);

export const AWAY_KEYS = script(
  String.raw`${RESERVING}${AWAY}
local answer = {}
for _, key in ipairs(redis.call("HRANDFIELD", away, ARGV[1])) do
  local at, age = reservationOf(key)
  for _, part in ipairs({ key, redis.call("HGET", keys, key) or "", at, age }) do
    table.insert(answer, part)
  end
end
return answer
`,
  "no-writes",
);

export const KEY_STATE = script(
  String.raw`${TIME}${OWNING}
local id, key, at, bar = unpack(ARGV)
local status, endedAt, own = unpack(redis.call("HMGET", runKey(id), "status", "endedAt", "key"))
if status and own ~= key then return "gone" end
if status and not endedAt then return "held" end
if status and status ~= "failed" then return "gone" end
local barred = base .. ":barred:" .. id
local lastBar = tonumber(redis.call("GET", barred) or "0")
if tonumber(at) <= lastBar then return "gone" end
-- A reservation from before its end is none for its reopening.
local isStale = endedAt and tonumber(at) < tonumber(endedAt)
if bar == "" and not isStale then return "open" end
redis.call("SET", barred, at, "PX", ${2 * COUNTS_MS})
return "gone"
`,
  "allow-oom",
);

/**
 * The script, if the reservation with which it brings a run to life still counts; else gives key_late.
 * ARGV begins with the run and the time of its reservation.
 */
function ifReserved({ text }: Script): Script {
  const body = text.slice(text.indexOf("\n") + 1);
  return script(String.raw`
do
  local id, at = table.remove(ARGV, 1), tonumber(table.remove(ARGV, 1))
  local time = redis.call("TIME")
  local isOld = time[1] * 1000 + time[2] / 1000 > at + ${COUNTS_MS}
  local barred = redis.call("GET", KEYS[1] .. ":barred:" .. id)
  if isOld or barred and at <= tonumber(barred) then return { "key_late" } end
end
${body}`);
}

export const CREATE_RESERVED = ifReserved(CREATE_RUN);
export const REOPEN_RESERVED = ifReserved(REOPEN_RUN);

/**
 * The due index: of each workflow the runs that nobody owns, by due time, and over those the workflows,
 * by that of their first run. So it is known at once when somebody has to look, and the runs of one
 * workflow do not stand before those of all others.
 */
export const DUE_INDEX = String.raw`
local function duesOf(workflow)
  return base .. ":due:" .. workflow
end

local function noteFirst(workflow)
  local first = redis.call("ZRANGE", duesOf(workflow), 0, 0, "WITHSCORES")[2]
  if first then redis.call("ZADD", base .. ":due", first, workflow)
  else redis.call("ZREM", base .. ":due", workflow) end
end

local function putDue(id, at)
  local workflow = redis.call("HGET", runKey(id), "workflow")
  redis.call("HSET", runKey(id), "dueAt", whole(at))
  redis.call("ZADD", duesOf(workflow), whole(at), id)
  noteFirst(workflow)
end

local function dueNoLater(id, at)
  local dueAt = tonumber(redis.call("HGET", runKey(id), "dueAt"))
  putDue(id, math.min(dueAt or at, at))
end

-- It is somebody's, or over.
local function leaveDue(id)
  local workflow = redis.call("HGET", runKey(id), "workflow")
  if redis.call("ZREM", duesOf(workflow), id) == 1 then noteFirst(workflow) end
end

local function dropDue(id)
  redis.call("HDEL", runKey(id), "dueAt")
  leaveDue(id)
end
`;

/** Workflows that are looked at in one claim: those whose first run is due longest. */
const MOST_WORKFLOWS = 100;

/** Runs that are due, one of each workflow in turn; who was served longest ago comes first. */
export const TAKE_DUE = String.raw`
local function takeDue(at, limit)
  local workflows = redis.call("ZRANGEBYSCORE", base .. ":due", "-inf", at, "LIMIT", 0, ${MOST_WORKFLOWS})
  if #workflows == 0 then return {} end
  local order, served = {}, {}
  local turns = redis.call("HMGET", base .. ":served", unpack(workflows))
  for place, workflow in ipairs(workflows) do
    order[place] = { workflow = workflow, place = place, turn = tonumber(turns[place] or "0") }
  end
  table.sort(order, function(one, other)
    if one.turn ~= other.turn then return one.turn < other.turn end
    return one.place < other.place
  end)

  local found = {}
  while #order > 0 and #found < limit do
    local left = {}
    for _, each in ipairs(order) do
      if #found == limit then break end
      local id = redis.call("ZRANGEBYSCORE", duesOf(each.workflow), "-inf", at, "LIMIT", 0, 1)[1]
      if id then
        redis.call("ZREM", duesOf(each.workflow), id)
        table.insert(found, id)
        table.insert(left, each)
        served[each.workflow] = true
      end
    end
    order = left
  end

  local turn = redis.call("HINCRBY", base .. ":served", "", 1)
  for workflow in pairs(served) do
    noteFirst(workflow)
    -- Who has nothing more to do is served at once when there is something again.
    local isLeft = redis.call("EXISTS", duesOf(workflow)) == 1
    if isLeft then redis.call("HSET", base .. ":served", workflow, turn)
    else redis.call("HDEL", base .. ":served", workflow) end
  end
  return found
end
`;

-- The news of tasks that have ended.
-- Uses  batches, frame, watched

-- The index goes on naming what has ended, single tasks and batches, for longer than they are there:
-- by the retention, an hour at most. `fading` says until when; `sweep` of groups.lua forgets them.
local REMEMBERED_MS = 3600000

local function fade(names, retention)
  if #names == 0 then return end
  local scored = {}
  local past = whole(now_ms() + retention + math.min(tonumber(retention), REMEMBERED_MS))
  for i = 1, #names do
    scored[2 * i - 1] = past
    scored[2 * i] = names[i]
  end
  redis.call('ZADD', P .. 'fading', unpack(scored))
end

-- Count tasks that have ended as `state` in their batches, and tell the waiters of both: ids, and
-- behind a line feed, framed, `told`: ids and strings of those of which more is told. Where it tells
-- of all of them, it also tells how their batches stand, in the order of BatchState.
local COUNTED = {C = 4, F = 5, X = 6, E = 7}

local function publish(ids, state, retention, told)
  if #ids == 0 then return end
  local message = {}
  for i = 1, #ids do message[i] = ids[i] end
  local all_told = told and #told == 2 * #ids
  local batches, ended = by_batch(ids)
  for batch, positions in pairs(batches) do
    local key = P .. 'b:' .. batch
    local known = redis.call('HMGET', key, 'c', 'n', 'm', 'C', 'F', 'X', 'E', 'v')
    local count = tonumber(known[2] or 0)
    if count > 0 then
      known[COUNTED[state]] = redis.call('HINCRBY', key, state, #positions)
      local there = redis.call('RPUSH', key .. ':e', unpack(positions))
      if there - tonumber(known[8] or 0) >= count then
        redis.call('PEXPIRE', key, retention)
        redis.call('PEXPIRE', key .. ':e', retention)
        ended[#ended + 1] = batch
      end
      message[#message + 1] = batch
      if all_told then
        for i = 1, #known do known[i] = known[i] or '0' end
        told[#told + 1] = batch
        told[#told + 1] = concat(known, ' ')
      end
    end
  end
  fade(ended, retention)
  note(state, ids)
  redis.call('HINCRBY', P .. 'totals', state, #ids)
  local news = concat(message, ' ')
  if told and #told > 0 then news = news .. '\n' .. frame(told) end
  redis.call('PUBLISH', P .. 'ended', news)
end

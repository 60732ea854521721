-- Batches and lists: what is counted when tasks come, and taken back.
-- Uses  batches, leaves

-- Count new tasks, also in their batches, and list them; whoever is counted anew keeps its batch
-- from being forgotten.
local function enter(ids, created)
  local listed = {}
  local batches, single = by_batch(ids)
  list_single(listed, single)
  for batch, positions in pairs(batches) do
    local key = P .. 'b:' .. batch
    local known = redis.call('HSETNX', key, 'c', created) == 0
    redis.call('HINCRBY', key, 'n', #positions)
    local last = positions[1] -- of equal length: as texts they sort as numbers do
    for i = 2, #positions do
      if positions[i] > last then last = positions[i] end
    end
    last = tonumber(last, 16)
    if last > tonumber(redis.call('HGET', key, 'm') or 0) then
      redis.call('HSET', key, 'm', last)
    end
    if known then
      redis.call('PERSIST', key)
      redis.call('PERSIST', key .. ':e')
      redis.call('ZREM', P .. 'fading', batch)
    end
    listed[#listed + 1] = '0'
    listed[#listed + 1] = batch
  end
  redis.call('ZADD', P .. 'index', unpack(listed))
  redis.call('HINCRBY', P .. 'totals', 'n', #ids)
end

-- The index names what there is; `fading` says until when it is known that those tasks and batches
-- were there which have ended (publish.lua). `sweep` forgets the others, some at a time; dispatchers
-- call it all the time.
local SWEPT_AT_ONCE, SWEEPS = 1000, 6

local function sweep()
  local fading = P .. 'fading'
  local due = {'-inf', whole(now_ms()), 'LIMIT', 0, SWEPT_AT_ONCE}
  for _ = 1, SWEEPS do
    local gone = redis.call('ZRANGEBYSCORE', fading, unpack(due))
    if #gone == 0 then return end
    redis.call('ZREM', fading, unpack(gone))
    unlist(gone)
  end
end

-- Take back that a task has ended as `state`, also in its batch: whoever has read its ends so far
-- goes on behind them, so its place among them stays, as that of no task. The index has it still:
-- what is listed outlives the task.
local NO_TASK = '0000'

local function recall(id, state)
  local name = id
  if of_batch(id) then
    name = string.sub(id, 1, -5) .. '0000'
    local key = P .. 'b:' .. name
    local place = redis.call('LPOS', key .. ':e', string.sub(id, -4))
    if place then
      redis.call('LSET', key .. ':e', place, NO_TASK)
      redis.call('HINCRBY', key, state, -1)
      redis.call('HINCRBY', key, 'v', 1)
    end
    redis.call('PERSIST', key)
    redis.call('PERSIST', key .. ':e')
  end
  redis.call('ZREM', P .. 'fading', name)
end

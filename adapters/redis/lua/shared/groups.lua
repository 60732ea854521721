-- Batches and lists: what is counted and told when tasks come and when they end.

-- Whether a task belongs to a batch, by its id: see identifiers.py.
local function of_batch(id)
  local mark = byte(id, 20)
  return mark == 97 or mark == 98 -- a, b
end

-- The positions in their batches of tasks that belong to one, by batch; and the other tasks.
local function by_batch(ids)
  local batches, single = {}, {}
  local last_stem, positions
  for i = 1, #ids do
    local id = ids[i]
    local mark = byte(id, 20)
    if mark == 97 or mark == 98 then
      local stem = sub(id, 1, -5)
      if stem ~= last_stem then -- most that come together are of one batch
        last_stem = stem
        positions = batches[stem .. '0000'] or {}
        batches[stem .. '0000'] = positions
      end
      positions[#positions + 1] = sub(id, -4)
    else
      single[#single + 1] = id
    end
  end
  return batches, single
end

-- The index names batches, single tasks, and leaves. Single tasks that come in one call and whose
-- ids begin alike, which is the same 16 ms, are listed in a leaf: a list of what their ids end with.
-- That takes a fifth of the memory, and no search among all that is listed (docs/performance.md).
-- The name of a leaf sorts right behind every id that begins like it: who looks for the newest
-- comes to it first.
local LEAF_DIGITS, LEAF_LEAST, LEAF_MARK = 12, 4, 'g'

-- Append what the index is to say of single tasks, each name behind its score.
local function list_single(listed, single)
  local leaves = {}
  for i = 1, #single do
    local id = single[i]
    local start = sub(id, 1, LEAF_DIGITS)
    local ends = leaves[start]
    if ends then ends[#ends + 1] = sub(id, LEAF_DIGITS + 1)
    else leaves[start] = {sub(id, LEAF_DIGITS + 1)} end
  end
  for start, ends in pairs(leaves) do
    if #ends >= LEAF_LEAST then
      redis.call('RPUSH', P .. 'leaf:' .. start, unpack(ends))
      ends = {LEAF_MARK}
    end
    for i = 1, #ends do
      listed[#listed + 1] = '0'
      listed[#listed + 1] = start .. ends[i]
    end
  end
end

-- Take names out of the index, and those that are not there themselves out of their leaves.
local function unlist(names)
  local index = P .. 'index'
  if redis.call('ZREM', index, unpack(names)) == #names then return end
  local leaves = {}
  for i = 1, #names do
    local start = sub(names[i], 1, LEAF_DIGITS)
    if redis.call('LREM', P .. 'leaf:' .. start, 1, sub(names[i], LEAF_DIGITS + 1)) == 1 then
      leaves[start] = true
    end
  end
  for start in pairs(leaves) do
    if redis.call('EXISTS', P .. 'leaf:' .. start) == 0 then
      redis.call('ZREM', index, start .. LEAF_MARK)
    end
  end
end

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

-- `fading` says until when it is known that tasks and batches were there which have ended: longer
-- than they are, by the retention, an hour at most. `sweep` forgets the others, some at a time;
-- dispatchers call it all the time.
local SWEPT_AT_ONCE, SWEEPS, REMEMBERED_MS = 1000, 10, 3600000

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

-- Count tasks that have ended as `state` in their batches, and tell the waiters of both: ids, and
-- behind a line feed, framed, `told`: ids and strings of those of which more is told.
local function publish(ids, state, retention, told)
  if #ids == 0 then return end
  local message = {}
  for i = 1, #ids do message[i] = ids[i] end
  local batches, ended = by_batch(ids)
  for batch, positions in pairs(batches) do
    local key = P .. 'b:' .. batch
    local known = redis.call('HMGET', key, 'n', 'v')
    local count = tonumber(known[1] or 0)
    if count > 0 then
      redis.call('HINCRBY', key, state, #positions)
      local there = redis.call('RPUSH', key .. ':e', unpack(positions))
      if there - tonumber(known[2] or 0) >= count then
        redis.call('PEXPIRE', key, retention)
        redis.call('PEXPIRE', key .. ':e', retention)
        ended[#ended + 1] = batch
      end
      message[#message + 1] = batch
    end
  end
  fade(ended, retention)
  note(state, ids)
  redis.call('HINCRBY', P .. 'totals', state, #ids)
  local news = concat(message, ' ')
  if told and #told > 0 then news = news .. '\n' .. frame(told) end
  redis.call('PUBLISH', P .. 'ended', news)
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

-- End tasks that wait and are not to be started any more; return whether there may be more of them.
-- One that runs is left alone, and entered again when it comes back.
local EXPIRED_AT_ONCE = 100

local function expire(now, retention)
  local due = {'-inf', whole(now), 'LIMIT', 0, EXPIRED_AT_ONCE}
  local ids = redis.call('ZRANGEBYSCORE', P .. 'expiry', unpack(due))
  if #ids == 0 then return false end
  redis.call('ZREM', P .. 'expiry', unpack(ids))
  local queued, delayed, ended = {}, {}, {}
  for n, task in ipairs(read(ids, 1)) do
    local state = task and string.sub(task, 1, 1)
    if state == 'Q' or state == 'D' then
      local _, _, _, _, _, _, head = split(task)
      if state == 'Q' then queued[#queued + 1] = {ids[n], queue_of(head)} end
      if state == 'D' then delayed[#delayed + 1] = ids[n] end
      finish(ids[n], 'E', task, whole(now) .. ' -1 -', 'i0:')
      ended[#ended + 1] = ids[n]
    end
  end
  withdraw(queued, delayed)
  write()
  bury(retention)
  publish(ended, 'E', retention)
  return #ids == EXPIRED_AT_ONCE
end


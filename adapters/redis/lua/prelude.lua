-- Stands before every script of this folder.
--
-- KEYS[1]  the tagged prefix of every key, such as "{gofer:0}:"; all keys are built from it, so
--          that a script touches one hash slot and nothing else (adapters/redis/keys.py lists them)
-- ARGV     as each script says
--
-- Rules: time comes from TIME alone; what a task allows is checked before anything of it is
-- written, and arguments are converted before the first write, because an error in Lua does not
-- undo earlier writes; at most 100 tasks a call.
local P = KEYS[1]

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Milliseconds as text: Lua itself would write 1.7e+12.
local function whole(number)
  return string.format('%.0f', number)
end

-- The doorbell: one element at most, and gone after an hour without a listener.
local function ring()
  if redis.call('LLEN', P .. 'bell') == 0 then
    redis.call('RPUSH', P .. 'bell', '1')
    redis.call('PEXPIRE', P .. 'bell', 3600000)
  end
end

-- Over maxmemory a script may go on once its first write was one that needs no memory. Scripts
-- that must pass then, and have nothing to free first, begin with this removal of nothing.
local function pass_when_full()
  redis.call('ZREM', P .. 'lease', '')
end

-- What a fenced write answers: `e` is the letter of the verb that ends an attempt.
local function verdict(hash, number, token, verb, again)
  if not hash[1] then return 'gone' end
  if hash[2] ~= number or hash[3] ~= token then return 'stale' end
  if again then return 'duplicate' end
  if hash[1] == 'R' then return 'recorded' end
  if hash[4] == verb then return 'duplicate' end
  return 'stale'
end

-- Tasks on their way back to a queue; `place` writes the state, `settle` fills the queues.
local heads, tails, delays = {}, {}, {}

local function push(lists, priority, id)
  local list = lists[priority] or {}
  list[#list + 1] = id
  lists[priority] = list
end

local function place(id, priority, delay, now, at_head)
  if delay > 0 then
    delays[#delays + 1] = whole(now + delay)
    delays[#delays + 1] = id
    return 'D'
  end
  push(at_head and heads or tails, priority, id)
  return 'Q'
end

local function settle()
  for priority, list in pairs(tails) do
    redis.call('RPUSH', P .. 'ready:' .. priority, unpack(list))
  end
  for priority, list in pairs(heads) do
    local turned = {}
    for i = #list, 1, -1 do turned[#turned + 1] = list[i] end
    redis.call('LPUSH', P .. 'ready:' .. priority, unpack(turned))
  end
  if #delays > 0 then redis.call('ZADD', P .. 'delayed', unpack(delays)) end
  ring()
end

-- Tell the waiters which tasks have ended.
local function publish(ids)
  if #ids > 0 then redis.call('PUBLISH', P .. 'ended', table.concat(ids, ' ')) end
end


-- Tasks that wait: the queues, the delayed ones, those that expire, and the bell.
-- Uses  bell

-- A task's head begins with its priority and how many lost workers it survives, and ends with the
-- environment that it needs. Each priority of each environment has a queue.
local function queue_of(head)
  local priority, tag = string.match(head, '^(%d+) .* ([^ ]+)$')
  return priority .. ':' .. tag
end

-- When a task that waits is not to be started any more, of its head; nothing if it may wait for ever.
local function expiry_of(head)
  return string.match(head, ' (%d+);[^ ]* [^ ]+$')
end

-- Tasks on their way to a queue: `place` takes them and gives the state to write, `settle` fills
-- the queues. The first of those that go to a head comes first.
local heads, tails, delays, mortals = {}, {}, {}, {}

local function push(lists, name, id)
  local list = lists[name]
  if list then list[#list + 1] = id else lists[name] = {id} end
end

local function place(id, queue, delay, now, at_head, expiry)
  if expiry then
    mortals[#mortals + 1] = expiry
    mortals[#mortals + 1] = id
  end
  if delay > 0 then
    delays[#delays + 1] = whole(now + delay)
    delays[#delays + 1] = id
    return 'D'
  end
  push(at_head and heads or tails, queue, id)
  return 'Q'
end

local function settle()
  for queue, list in pairs(tails) do
    redis.call('RPUSH', P .. 'ready:' .. queue, unpack(list))
  end
  for queue, list in pairs(heads) do
    local turned = {}
    for i = #list, 1, -1 do turned[#turned + 1] = list[i] end
    redis.call('LPUSH', P .. 'ready:' .. queue, unpack(turned))
  end
  if #delays > 0 then redis.call('ZADD', P .. 'delayed', unpack(delays)) end
  if #mortals > 0 then redis.call('ZADD', P .. 'expiry', unpack(mortals)) end
  ring()
end

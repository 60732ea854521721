-- Tasks that wait: the queues, the delayed ones, those that expire, and the bell.

-- How long a dispatcher that says nothing more is rung for, in ms.
local LISTENER_MS = 60000

-- The doorbell: every dispatcher that listens has one of its own, so that one without room takes
-- no ring away from another. One element at most, gone when nobody comes for it.
local function ring()
  local owners = redis.call('ZRANGEBYSCORE', P .. 'listeners', whole(now_ms()), '+inf')
  for _, owner in ipairs(owners) do
    local bell = P .. 'bell:' .. owner
    if redis.call('LLEN', bell) == 0 then
      redis.call('RPUSH', bell, '1')
      redis.call('PEXPIRE', bell, LISTENER_MS)
    end
  end
end

-- Over maxmemory a script may go on once its first write was one that needs no memory. Scripts
-- that must pass then, and have nothing to free first, begin with this removal of nothing.
local function pass_when_full()
  redis.call('ZREM', P .. 'lease', '')
end

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

-- What is spent, "retries,strikes,losses", with one more of the given kind; nothing for none.
local function charged(spent, kind)
  if not kind then return spent end
  local counts = {}
  for count in string.gmatch(spent, '%d+') do counts[#counts + 1] = tonumber(count) end
  counts[kind] = counts[kind] + 1
  return table.concat(counts, ',')
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

-- The same for a task that comes back; also gives the line to write.
local function place_again(id, head, reason, delay, now, at_head)
  local state = place(id, queue_of(head), delay, now, at_head, expiry_of(head))
  local due = delay > 0 and whole(now + delay) or '-'
  return state, reason .. ' ' .. due .. ' ' .. whole(now)
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

-- Take tasks out of where they wait: `queued` has an id and a queue each, `delayed` ids. Taking an id
-- out of a list costs a search, so a queue longer than SEARCHED keeps the entry: the claim that
-- comes to it drops it, and until then it takes room.
local SEARCHED = 1000

local function withdraw(queued, delayed)
  if #delayed > 0 then redis.call('ZREM', P .. 'delayed', unpack(delayed)) end
  for _, each in ipairs(queued) do
    local list = P .. 'ready:' .. each[2]
    if redis.call('LLEN', list) <= SEARCHED then redis.call('LREM', list, 1, each[1]) end
  end
end

-- How many tasks wait for an environment and are due, paused or not.
local function due_of(tag)
  return redis.call('LLEN', P .. 'ready:0:' .. tag) + redis.call('LLEN', P .. 'ready:1:' .. tag)
    + redis.call('LLEN', P .. 'ready:2:' .. tag)
end

-- Count tasks of a priority that came into its queue (n) or were claimed (c), for its rates.
local RATE_MS, RATE_KEPT_MS = 5000, 70000

local function count_rate(kind, priority, count)
  local bucket = P .. 'rate:' .. whole(math.floor(now_ms() / RATE_MS))
  if redis.call('HINCRBY', bucket, kind .. priority, count) == count then -- the first of this kind
    redis.call('PEXPIRE', bucket, RATE_KEPT_MS)
  end
end


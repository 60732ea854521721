-- Stands before every script of this folder.
--
-- KEYS[1]  the tagged prefix of every key, such as "{gofer:0}:"; all keys are built from it, so
--          that a script touches one hash slot and nothing else (adapters/redis/keys.py lists them)
-- ARGV     as each script says; the last one holds the items of a batch, framed: see `unframe`
--
-- Rules: time comes from TIME alone; what a task allows is checked before anything of it is
-- written, and arguments are converted before the first write, because an error in Lua does not
-- undo earlier writes; at most 100 tasks a call.
local P = KEYS[1]

-- Many strings as one: how many, their lengths, each number as 4 bytes, the highest first, and the
-- strings themselves. The driver, the protocol and Lua handle one long string much faster than
-- hundreds of short ones, and Lua reads bytes much faster than digits.
local function unframe(blob)
  local byte, sub, items = string.byte, string.sub, {}
  local a, b, c, d = byte(blob, 1, 4)
  local count = ((a * 256 + b) * 256 + c) * 256 + d
  local at = 5 + 4 * count
  for i = 1, count do
    a, b, c, d = byte(blob, 4 * i + 1, 4 * i + 4)
    local past = at + ((a * 256 + b) * 256 + c) * 256 + d
    items[i] = sub(blob, at, past - 1)
    at = past
  end
  return items
end

local NUMBERS = setmetatable({}, {__index = function(known, number)
  local low = number % 65536
  local high = (number - low) / 65536
  local text = string.char(math.floor(high / 256), high % 256, math.floor(low / 256), low % 256)
  known[number] = text
  return text
end})

local function frame(items)
  local lengths = {NUMBERS[#items]}
  for i = 1, #items do lengths[i + 1] = NUMBERS[#items[i]] end
  return table.concat(lengths) .. table.concat(items)
end

-- Append what HMGET found; a field that is not there becomes an empty string.
local function append(items, fields)
  local base = #items
  for i = 1, #fields do items[base + i] = fields[i] or '' end
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Milliseconds as text: Lua itself would write 1.7e+12.
local function whole(number)
  return string.format('%.0f', number)
end

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

-- A task is one string, so that 100 of them are read and written by one command each:
--
--   state number token owner started created retries,strikes,losses priority survives function
--   budget options environment LF line LF body
--
-- with "-" for a word that is not there. `line` is "reason due queued" while it waits, "- - queued"
-- while it runs, "finished ran worker queued" once it has ended, and in all three only as far as
-- there is something to say: nothing at all for a task that was queued once, as most are. `body` is "i" and the payload, or "p" and its length where the payload is
-- so long that it has a key of its own; once the task has ended it is "i", the length of the
-- evidence, ":", the evidence and the result or exception, or "x" instead and after the length of
-- the evidence "," and that of the result, which has a key of its own, and is read beside the
-- scripts. keys.py says what the words mean.
local SPLIT = '^(%a+) (%d+ [^ ]+) ([^ ]+) ([^ ]+) (%d+) ([^ ]+) ([^\n]+)\n([^\n]*)\n()'

-- state, fence, owner, started, created, spent, head, line, and where the body begins
local function split(task)
  return string.match(task, SPLIT)
end

local function joined(state, fence, owner, started, created, spent, head, line, body)
  return state .. ' ' .. fence .. ' ' .. owner .. ' ' .. started .. ' ' .. created .. ' ' .. spent
    .. ' ' .. head .. '\n' .. line .. '\n' .. body
end

-- The strings of tasks; false for one that does not exist. `step` is from one id to the next.
local function read(items, step)
  local keys = {}
  for i = 1, #items, step do keys[#keys + 1] = P .. 't:' .. items[i] end
  if #keys == 0 then return {} end
  return redis.call('MGET', unpack(keys))
end

-- Append tasks' strings until `bytes`, in which their long results count, are used up; return how
-- many tasks were given.
local function append_ended(answer, tasks, bytes)
  for n = 1, #tasks do
    if bytes <= 0 then return n - 1 end
    local task = tasks[n] or ''
    local long = string.match(task, '^[CF][^\n]*\n[^\n]*\nx%d+,(%d+)')
    bytes = bytes - #task - (long or 0)
    answer[#answer + 1] = task
  end
  return #tasks
end

-- Strings to be written, all by one command: `put` takes them, `write` writes them.
local written = {}

local function put(key, value)
  written[#written + 1] = key
  written[#written + 1] = value
end

local function write()
  if #written > 0 then redis.call('MSET', unpack(written)) end
  written = {}
end

-- Tell who watches of tasks that came into a state, a letter. Nothing is written where nobody does.
local CHANGES_KEPT, WATCHED_MS = 2000, 600000

local function note(state, ids)
  if #ids > 0 and redis.call('EXISTS', P .. 'watched') == 1 then
    local events = P .. 'events'
    redis.call('XADD', events, 'MAXLEN', '~', CHANGES_KEPT, '*', state, table.concat(ids, ' '))
    redis.call('PEXPIRE', events, WATCHED_MS)
  end
end

-- Earlier attempts of a task, the last ATTEMPTS of them, each "number queued started finished ran
-- worker how LF body": `queued` is since when it waited (nothing: since it was created), `how` is f
-- failed, l lost, r released, and `body` as in the task's string, without the exception. `told` is
-- "ran worker".
local ATTEMPTS = 20

local function remember(id, task, queued, finished, told, how, body)
  local number, started, created = string.match(task, '^%a+ (%d+) [^ ]+ [^ ]+ ([^ ]+) (%d+)')
  queued = queued or created
  local list = P .. 'a:' .. id
  redis.call('RPUSH', list, table.concat({number, queued, started, finished, told, how}, ' ') .. '\n'
    .. body)
  redis.call('LTRIM', list, -ATTEMPTS, -1)
end

-- Tasks that end: `finish` takes what ends them, `bury` (after `write`) has them forgotten in time.
-- The payload of one that failed is kept as long: it may be tried again. `uncounted` are those that
-- were: their batches have counted them before.
local buried, emptied, saved, uncounted = {}, {}, {}, {}
local FAILED = {F = true, P = true}

local function finish(id, state, task, line, body)
  local first = string.find(task, '\n', 1, true)
  local second = string.find(task, '\n', first + 1, true)
  if second > first + 1 then -- it was queued more than once: since when is kept
    line = line .. (string.match(task, '^[^ \n]* [^ \n]*( %d+)', first + 1) or '')
  end
  local key = P .. 't:' .. id
  put(key, state .. string.sub(task, string.find(task, ' ', 1, true), first) .. line .. '\n' .. body)
  buried[#buried + 1] = key
  local payload = P .. 'p:' .. id
  if string.byte(task, second + 1) == 112 then -- p
    if FAILED[state] then
      buried[#buried + 1] = payload
    else
      emptied[#emptied + 1] = payload
    end
  elseif FAILED[state] then
    saved[id] = string.sub(task, second + 2)
  end
  if string.sub(task, 1, 4) ~= 'R 1 ' then -- it may have had other attempts
    local past = P .. 'a:' .. id
    buried[#buried + 1] = past
    if string.find(string.sub(task, 1, first), ';r [^ ]+\n$') then uncounted[id] = true end
  end
end

local function bury(retention)
  if #emptied > 0 then redis.call('UNLINK', unpack(emptied)) end
  for id, payload in pairs(saved) do
    redis.call('SET', P .. 'p:' .. id, payload, 'PX', retention)
  end
  for i = 1, #buried do redis.call('PEXPIRE', buried[i], retention) end
  buried, emptied, saved = {}, {}, {}
end

-- What a fenced write answers: R recorded, D duplicate, S stale, G gone. `done` lists the states
-- in which the same attempt has written the same already, `again` says that this batch has.
local function verdict(task, fence, done, again)
  if not task then return 'G' end
  if not again and string.find(task, 'R ' .. fence .. ' ', 1, true) == 1 then return 'R' end
  local state, held = string.match(task, '^(%a+) (%d+ [^ ]+)')
  if held ~= fence then return 'S' end
  if again then return 'D' end
  if state == 'R' then return 'R' end
  return done[state] and 'D' or 'S'
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

-- Whether a task belongs to a batch, by its id: see identifiers.py.
local function of_batch(id)
  local mark = string.byte(id, 20)
  return mark == 97 or mark == 98 -- a, b
end

-- The positions in their batches of tasks that belong to one, by batch.
local function by_batch(ids)
  local stems, batches = {}, {}
  for i = 1, #ids do
    if of_batch(ids[i]) then push(stems, string.sub(ids[i], 1, -5), string.sub(ids[i], -4)) end
  end
  for stem, positions in pairs(stems) do batches[stem .. '0000'] = positions end
  return batches
end

-- Count new tasks, also in their batches, and list them; whoever is counted anew keeps its batch
-- from being forgotten.
local function enter(ids, created)
  local listed = {}
  for i = 1, #ids do
    if not of_batch(ids[i]) then
      listed[#listed + 1] = '0'
      listed[#listed + 1] = ids[i]
    end
  end
  for batch, positions in pairs(by_batch(ids)) do
    local key = P .. 'b:' .. batch
    redis.call('HSETNX', key, 'c', created)
    redis.call('HINCRBY', key, 'n', #positions)
    local last = tonumber(redis.call('HGET', key, 'm') or 0)
    for i = 1, #positions do last = math.max(last, tonumber(positions[i], 16)) end
    redis.call('HSET', key, 'm', last)
    redis.call('PERSIST', key)
    redis.call('PERSIST', key .. ':e')
    redis.call('ZREM', P .. 'fading', batch)
    listed[#listed + 1] = '0'
    listed[#listed + 1] = batch
  end
  redis.call('ZADD', P .. 'index', unpack(listed))
  redis.call('PERSIST', P .. 'index')
  redis.call('PERSIST', P .. 'fading')
  redis.call('HINCRBY', P .. 'totals', 'n', #ids)
end

-- What is to be forgotten: the index names single tasks and batches, and `fading` says until when.
-- Both keys end by themselves once they have nothing that lives on.
local FADED_AT_ONCE = 200

local function fade(names, retention)
  local now = now_ms()
  local index, fading = P .. 'index', P .. 'fading'
  if #names > 0 then
    local scored = {}
    for i = 1, #names do
      scored[2 * i - 1] = whole(now + retention)
      scored[2 * i] = names[i]
    end
    redis.call('ZADD', fading, unpack(scored))
  end
  local gone = redis.call('ZRANGEBYSCORE', fading, '-inf', whole(now), 'LIMIT', 0, FADED_AT_ONCE)
  if #gone > 0 then
    redis.call('ZREM', fading, unpack(gone))
    redis.call('ZREM', index, unpack(gone))
  end
  if #names > 0 and redis.call('ZCARD', index) <= redis.call('ZCARD', fading) then
    redis.call('PEXPIRE', index, retention)
    redis.call('PEXPIRE', fading, retention)
  end
end

-- Count tasks that have ended as `state` in their batches, and tell the waiters of both.
local function publish(ids, state, retention)
  if #ids == 0 then return end
  local message, ended = {table.concat(ids, ' ')}, {}
  for i = 1, #ids do
    if not of_batch(ids[i]) then ended[#ended + 1] = ids[i] end
  end
  for batch, positions in pairs(by_batch(ids)) do
    local key = P .. 'b:' .. batch
    local count = tonumber(redis.call('HGET', key, 'n') or 0)
    if count > 0 then
      local counted = {}
      local stem = string.sub(batch, 1, -5)
      for i = 1, #positions do
        if not uncounted[stem .. positions[i]] then counted[#counted + 1] = positions[i] end
      end
      if #counted > 0 then
        redis.call('HINCRBY', key, state, #counted)
        redis.call('RPUSH', key .. ':e', unpack(counted))
      end
      if redis.call('LLEN', key .. ':e') >= count then
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
  redis.call('PUBLISH', P .. 'ended', table.concat(message, ' '))
end

-- Count tasks of a priority that came into its queue (n) or were claimed (c), for its rates.
local RATE_MS, RATE_KEPT_MS = 5000, 70000

local function count_rate(kind, priority, count)
  local bucket = P .. 'rate:' .. whole(math.floor(now_ms() / RATE_MS))
  redis.call('HINCRBY', bucket, kind .. priority, count)
  redis.call('PEXPIRE', bucket, RATE_KEPT_MS)
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

-- Append what is known of a function but its code, 13 items: id (empty: there is no such function),
-- name, version, digest, implementation, python, dill, created, entry, contract, when it was
-- deleted, bytes of payload, bytes of source.
local function append_head(answer, id)
  local key = P .. 'f:' .. id
  local hash = redis.call('HMGET', key, 'g', 'n', 'h', 'i', 'v', 'd', 'c', 'e', 'o', 'x')
  answer[#answer + 1] = hash[1] and id or ''
  append(answer, hash)
  answer[#answer + 1] = whole(redis.call('HSTRLEN', key, 'p'))
  answer[#answer + 1] = whole(redis.call('HSTRLEN', key, 's'))
end


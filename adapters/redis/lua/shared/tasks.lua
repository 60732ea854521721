-- A task on the server: its string, its earlier attempts, its end.

-- A task is one string, so that 100 of them are read and written by one command each:
--
--   state number token owner started created retries,strikes,losses priority survives function
--   budget options environment LF line LF body
--
-- with "-" for a word that is not there. `line` is "reason due queued" while it waits, "- - queued"
-- while it runs, "finished ran worker queued" once it has ended, and in all three only as far as
-- there is something to say: nothing at all for a task that was queued once and whose result has no
-- time of its own, as most are. `body` is "i" and the payload, or "p" and its length where the payload is
-- so long that it has a key of its own; once the task has ended it is "i", the length of the
-- evidence, ":", the evidence and the result or exception (without evidence, the payload), or "x" instead and after the length of
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
-- failed, l lost, r released, x cancelled, and `body` as in the task's string, without the exception. `told` is
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

-- The result of a task that says for how long has a key of its own, however short it is: gives the
-- body with which its string is written, and that time in ms. See `options` in keys.py.
local apart = {}

local function put_apart(id, ttl, body, retention)
  local life = whole(math.min(tonumber(ttl), tonumber(retention)))
  local length, at = string.match(body, '^i(%d+):()')
  if length then
    local result = string.sub(body, at + length)
    apart[id] = {result, life}
    body = 'x' .. length .. ',' .. #result .. ':' .. string.sub(body, at, at + length - 1)
  end
  return body, life
end

-- Tasks that end: `finish` takes what ends them and gives the string that is written of it and, if
-- its result has a time of its own, that time in ms; `bury` (after `write`) has them forgotten in time.
-- The payload of one that did not complete is kept as long: it may be tried again. A short one is
-- where its result would be, or has a key of its own where there is an exception.
local buried, emptied, saved = {}, {}, {}
local REPORTED = {C = true, F = true}

local function finish(id, state, task, line, body, retention)
  local life
  local first = string.find(task, '\n', 1, true)
  local second = string.find(task, '\n', first + 1, true)
  if second > first + 1 then -- there is something to say: since when it was queued
    line = line .. (string.match(task, '^[^ \n]* [^ \n]*( %d+)', first + 1) or '')
    local ttl = REPORTED[state] and string.match(task, '^[^\n]* %d*;[^ ;]*;(%d+)[^ ]* [^ \n]+\n')
    if ttl then body, life = put_apart(id, ttl, body, retention) end
  end
  local long = string.byte(task, second + 1) == 112 -- p
  if not long and not REPORTED[state] then body = body .. string.sub(task, second + 2) end
  local key = P .. 't:' .. id
  local string_of = state .. string.sub(task, string.find(task, ' ', 1, true), first) .. line .. '\n'
    .. body
  put(key, string_of)
  buried[#buried + 1] = key
  local payload = P .. 'p:' .. id
  if long then
    if state == 'C' then
      emptied[#emptied + 1] = payload
    else
      buried[#buried + 1] = payload
    end
  elseif state == 'F' then
    saved[id] = string.sub(task, second + 2)
  end
  if string.sub(task, 1, 4) ~= 'R 1 ' then -- it may have had other attempts
    local past = P .. 'a:' .. id
    buried[#buried + 1] = past
  end
  return string_of, life
end

local function bury(retention)
  if #emptied > 0 then redis.call('UNLINK', unpack(emptied)) end
  for id, payload in pairs(saved) do
    redis.call('SET', P .. 'p:' .. id, payload, 'PX', retention)
  end
  for id, its in pairs(apart) do
    redis.call('SET', P .. 'x:' .. id, its[1], 'PX', its[2])
  end
  for i = 1, #buried do redis.call('PEXPIRE', buried[i], retention) end
  buried, emptied, saved, apart = {}, {}, {}, {}
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


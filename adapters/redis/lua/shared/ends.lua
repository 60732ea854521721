-- Tasks that end.
-- Uses  writes

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
-- its result has a time of its own, that time in ms; `bury` (after `write`) has them forgotten in
-- time.
-- The payload of one that did not complete is kept as long: it may be tried again. A short one is
-- where its result would be, or has a key of its own where there is an exception.
local buried, emptied, saved = {}, {}, {}
local REPORTED = {C = true, F = true}

local function finish(id, state, task, line, body, retention)
  local life
  local first = string.find(task, '\n', 1, true)
  local second = string.find(task, '\n', first + 1, true)
  if second > first + 1 then -- there is something to say: since when it was queued
    local queued, worker = string.match(task, '^[^ \n]* [^ \n]*( %d+) ?([^ \n]*)\n', first + 1)
    if queued and worker ~= '' and not REPORTED[state] then line = string.sub(line, 1, -2) .. worker end
    line = line .. (queued or '')
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
  if long and state == 'C' then
    emptied[#emptied + 1] = payload
  elseif long then
    buried[#buried + 1] = payload
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

-- submit: record new tasks as QUEUED, and ring.
--
-- ARGV[1]        how many unfinished tasks the store holds at most
-- ARGV[2]        retention in ms, for idempotency keys
-- ARGV[3]        3 items each: id, "priority survives function budget delay", payload; where the
--                client gave an idempotency key, " digest key" follows the delay (in ms)
-- Answer         a letter each: N new, E exists, U unknown function, F full, C the key was given
--                with another digest, R a repetition; and the ids of the Rs, a space before each
-- Repeatable     yes: E, or R
local room = tonumber(ARGV[1])
  - redis.call('ZCARD', P .. 'delayed') - redis.call('ZCARD', P .. 'lease')
for _, tag in ipairs(redis.call('SMEMBERS', P .. 'tags')) do room = room - due_of(tag) end
local now = now_ms()
local created = whole(now)
local items = unframe(ARGV[3])
local answers, new, seen, functions = {}, {}, {}, {}
local wishes, bound, repeated = {}, {}, {}

local keys = {}
for i = 1, #items, 3 do keys[#keys + 1] = P .. 't:' .. items[i] end
local fresh = redis.call('EXISTS', unpack(keys)) == 0

-- what is known of an idempotency key: "digest id"
local function known(key)
  return wishes[key] or redis.call('GET', P .. 'idem:' .. key)
end

local function tag_of(fn) -- the environment of a function; false for one that is not there
  if functions[fn] == nil then
    local hash = redis.call('HMGET', P .. 'f:' .. fn, 'i', 'v')
    functions[fn] = hash[1] and hash[1] .. '-' .. hash[2]
  end
  return functions[fn]
end

for i = 1, #items, 3 do
  local id = items[i]
  local head, fn, delay, wish = string.match(items[i + 1], '^(%d+ %d+ ([^ ]+) [^ ]+) (%d+)(.*)$')
  local digest, key = string.match(wish, '^ (%x+) (.*)$')
  local before = key and known(key)
  local tag = tag_of(fn)
  local answer
  if seen[id] or not fresh and redis.call('EXISTS', P .. 't:' .. id) == 1 then
    answer = 'E'
  elseif before then
    local said, first = string.match(before, '^(%x+) (.*)$')
    answer = said == digest and batch_of(first) ~= first and 'R' or 'C'
    if answer == 'R' then repeated[#repeated + 1] = ' ' .. first end
  elseif not tag then
    answer = 'U'
  elseif room <= 0 then
    answer = 'F'
  else
    answer = 'N'
    seen[id] = true
    room = room - 1
    head = head .. ' ' .. tag
    local payload, body = items[i + 2], nil
    if #payload <= INLINE then
      body = 'i' .. payload
    else
      body = 'p' .. #payload
      put(P .. 'p:' .. id, payload)
    end
    local state = place(id, queue_of(head), tonumber(delay), now, false)
    put(P .. 't:' .. id, joined(state, '0 -', '-', '-', created, '0,0,0', head, '', body))
    new[#new + 1] = id
    if key then
      wishes[key] = digest .. ' ' .. id
      bound[#bound + 1] = key
    end
  end
  answers[#answers + 1] = answer
end

write()
for _, key in ipairs(bound) do
  redis.call('SET', P .. 'idem:' .. key, wishes[key], 'PX', ARGV[2])
end
if #new > 0 then
  enter(new, created)
  settle()
end
return table.concat(answers) .. table.concat(repeated)

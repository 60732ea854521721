-- submit: record new tasks as QUEUED, and ring.
--
-- ARGV[1]        how many unfinished tasks the store holds at most
-- ARGV[2]        retention in ms, for idempotency keys
-- ARGV[3]        5 items each: id, head (see keys.py), payload, delay in ms, "digest key" (empty
--                where the client gave no idempotency key)
-- Answer         a letter each: N new, E exists, U unknown function, F full, C the key was given
--                with another digest, R a repetition; and the ids of the Rs, a space before each
-- Repeatable     yes: E, or R
local room = tonumber(ARGV[1])
  - redis.call('ZCARD', P .. 'delayed') - redis.call('ZCARD', P .. 'lease')
for _, tag in ipairs(redis.call('SMEMBERS', P .. 'tags')) do room = room - due_of(tag) end
local now = now_ms()
local created = whole(now)
local items = unframe(ARGV[3])
local answers, accepted, seen, functions = {}, {}, {}, {}
local wishes, repeated = {}, {}

local keys = {}
for i = 1, #items, 5 do keys[#keys + 1] = P .. 't:' .. items[i] end
local fresh = redis.call('EXISTS', unpack(keys)) == 0

-- what is known of an idempotency key: "digest id"
local function known(key)
  return wishes[key] or redis.call('GET', P .. 'idem:' .. key)
end

for i = 1, #items, 5 do
  local id, fn = items[i], string.match(items[i + 1], '^%d+ %d+ ([^ ]+)')
  local answer
  local digest, key = string.match(items[i + 4], '^(%x+) (.*)$')
  local before = key and known(key)
  if functions[fn] == nil then
    local hash = redis.call('HMGET', P .. 'f:' .. fn, 'i', 'v')
    functions[fn] = hash[1] and hash[1] .. '-' .. hash[2]
  end
  if seen[id] or not fresh and redis.call('EXISTS', P .. 't:' .. id) == 1 then
    answer = 'E'
  elseif before then
    local said, first = string.match(before, '^(%x+) (.*)$')
    answer = said == digest and batch_of(first) ~= first and 'R' or 'C'
    if answer == 'R' then repeated[#repeated + 1] = ' ' .. first end
  elseif not functions[fn] then
    answer = 'U'
  elseif room <= 0 then
    answer = 'F'
  else
    answer = 'N'
    seen[id] = true
    room = room - 1
    accepted[#accepted + 1] = {i, tonumber(items[i + 3]), key, functions[fn]}
    if key then wishes[key] = digest .. ' ' .. id end
  end
  answers[#answers + 1] = answer
end

local new = {}
for _, each in ipairs(accepted) do
  local i, delay = each[1], each[2]
  local id, head = items[i], items[i + 1] .. ' ' .. each[4]
  if each[3] then
    redis.call('SET', P .. 'idem:' .. each[3], wishes[each[3]], 'PX', ARGV[2])
  end
  new[#new + 1] = id
  local state = place(id, queue_of(head), delay, now, false)
  redis.call('HSET', P .. 't:' .. id, 's', state, 'h', head, 'p', items[i + 2], 'c', created)
end
if #accepted > 0 then
  enter(new, created)
  settle()
end
return table.concat(answers) .. table.concat(repeated)

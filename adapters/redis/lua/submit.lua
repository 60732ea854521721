-- submit: record new tasks as QUEUED, and ring.
--
-- ARGV[1]        how many unfinished tasks the store holds at most
-- ARGV[2]        retention in ms, for idempotency keys
-- ARGV[3]        3 items each: id, "priority survives function budget options delay", body (see
--                tasks.lua); where the client gave an idempotency key, " digest key" follows the
--                delay (in ms)
-- ARGV[4...]     where the longest payloads are, and those of all whose bodies begin with "p", in
--                their order: see bodies.lua
-- Answer         a letter each: N new, E exists, U unknown function, D deleted function, F full, C the
--                key was given with another digest, R a repetition; and the ids of the Rs, a space
--                before each
-- Repeatable     yes: E, or R
-- Uses        batches, bodies, credit, groups, handing, rates, tasks, unframe, waiting, watched, writes
local missing = lost(4)
if missing then return missing end
local items = unframe(ARGV[3])
-- no more tasks than keys: where those leave room, nothing need be counted
local room = tonumber(ARGV[1]) - redis.call('DBSIZE')
if room < #items / 3 then
  room = tonumber(ARGV[1]) - redis.call('ZCARD', P .. 'delayed') - redis.call('ZCARD', P .. 'lease')
  for _, tag in ipairs(redis.call('SMEMBERS', P .. 'tags')) do room = room - due_of(tag) end
end
local now = now_ms()
local created = whole(now)
local answers, new, seen, heads = {}, {}, {}, {}
local wishes, bound, repeated, longs, payloads, arrived = {}, {}, {}, 0, {}, {}
local taking, handed = #items <= 3 * HANDED_MOST and takers() or {}, 0

local keys = {}
for i = 1, #items, 3 do keys[#keys + 1] = P .. 't:' .. items[i] end
local fresh = redis.call('EXISTS', unpack(keys)) == 0

-- what is known of an idempotency key: "digest id"
local function known(key)
  return wishes[key] or redis.call('GET', P .. 'idem:' .. key)
end

local BEFORE = #' 0 - - - ' + 1 -- where in what `read_head` gives the creation stands

local function read_head(item)
  -- what tasks with the same second item share: the queue (or why it is refused),
  -- what their strings begin with behind the state, the delay, and the wish to be known by a key
  local head, fn, delay, wish = string.match(item, '^(%d+ %d+ ([^ ]+) [^ ]+ [^ ]+) (%d+)(.*)$')
  local hash = redis.call('HMGET', P .. 'f:' .. fn, 'i', 'v', 't', 'x')
  if not hash[1] or hash[4] then return {wish = wish, refused = hash[4] and 'D' or 'U'} end
  head = head .. ' ' .. (hash[3] or hash[1] .. '-' .. hash[2])
  delay = tonumber(delay)
  local line = delay > 0 and '- ' .. whole(now + delay) or ''
  if string.find(head, ';[^ ;]*;%d+ [^ ]+$') then -- its result has a time of its own: see `finish`
    line = '- ' .. (delay > 0 and whole(now + delay) or '-') .. ' ' .. created
  end
  local queue = queue_of(head)
  return {
    queue = queue,
    priority = sub(queue, 1, 1),
    before = joined('', '0 -', '-', '-', created, '0,0,0', head, line, ''),
    delay = delay,
    expiry = expiry_of(head),
    wish = wish,
    plain = line == '' and not expiry_of(head),
  }
end

for n = 1, #keys do
  local id, shared, body = items[3 * n - 2], items[3 * n - 1], items[3 * n]
  local head = heads[shared]
  if not head then
    head = read_head(shared)
    heads[shared] = head
  end
  local digest, key
  if head.wish ~= '' then digest, key = string.match(head.wish, '^ (%x+) (.*)$') end
  local before = key and known(key)
  local long = byte(body) == 112 -- p
  if long then longs = longs + 1 end
  local answer
  if seen[id] or not fresh and redis.call('EXISTS', keys[n]) == 1 then
    answer = 'E'
  elseif before then
    local said, first = string.match(before, '^(%x+) (.*)$')
    local named = of_batch(first) and string.sub(first, -4) == '0000'
    answer = said == digest and not named and 'R' or 'C'
    if answer == 'R' then repeated[#repeated + 1] = ' ' .. first end
  elseif head.refused then
    answer = head.refused
  elseif room <= 0 then
    answer = 'F'
  else
    answer = 'N'
    seen[id] = true
    room = room - 1
    if long then payloads[id] = longs end
    local given = #taking > 0 and head.plain and not long and #body <= HANDED_BODY
      and hand_over(taking, id, head.queue, sub(head.before, BEFORE) .. body)
    if given then
      handed = handed + 1
    else
      if head.delay <= 0 then occupied(head.queue) end
      given = place(id, head.queue, head.delay, now, false, head.expiry) .. head.before .. body
    end
    put(keys[n], given)
    new[#new + 1] = id
    local priority = head.priority
    arrived[priority] = (arrived[priority] or 0) + 1
    if key then
      wishes[key] = digest .. ' ' .. id
      bound[#bound + 1] = key
    end
  end
  answers[n] = answer
end

write() -- the first that is written: refused as a whole when memory is full
for id, n in pairs(payloads) do keep(P .. 'p:' .. id, n) end
for _, key in ipairs(bound) do
  redis.call('SET', P .. 'idem:' .. key, wishes[key], 'PX', ARGV[2])
end
if #new > 0 then
  enter(new, created)
  note('Q', new)
  if handed > 0 then deliver(taking) end
  if handed < #new then settle() end
  for priority, count in pairs(arrived) do count_rate('n', priority, count) end
end
discard()
return table.concat(answers) .. table.concat(repeated)

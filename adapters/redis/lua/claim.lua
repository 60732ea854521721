-- claim: lease due tasks, QUEUED to RUNNING, attempt + 1. Ends tasks that expire.
--
-- ARGV[1]     owner
-- ARGV[2]     token
-- ARGV[3]     lease in ms
-- ARGV[4]     stop after this many bytes of payloads (at least one task is given)
-- ARGV[5]     retention in ms
-- ARGV[6]     2 items each: a tag, how many tasks of it at most; for a family's tag, how many of it
--             and its environments together
-- Answer      framed: in how many ms the next delayed task is due, or one goes back that was handed
--             over and not fetched (empty: there is none); those of the tags of which more is due,
--             and others that tasks wait for, a space after each; 3 items for each task: id, number,
--             what its string has from `created` on (see tasks.lua)
-- Repeatable  no: what an answer leased that is lost is found by its owner, or costs a lease time
-- Uses        bell, expire, frame, rates, tasks, unframe, untaken, waiting, watched, writes
local owner, token = ARGV[1], ARGV[2]
local bytes = tonumber(ARGV[4])
local wants = unframe(ARGV[6])
local now = now_ms()
local until_ms = whole(now + tonumber(ARGV[3]))
local PROMOTED, EXAMINED, EXPIRING, MOST = 100, 1000, 10, 100
local READY = {Q = true, Qf = true, Qr = true}

redis.call('UNLINK', P .. 'credit:' .. owner) -- this claim takes the room of the one in advance
local look = take_back(now)

local expiring = 0
while expiring < EXPIRING and expire(now, whole(tonumber(ARGV[5]))) do expiring = expiring + 1 end
if expiring == EXPIRING then bytes = 0 end -- there may be more: nothing is given before they ended

-- delayed tasks that are due go to the tails of their queues, the earliest first
local due = redis.call('ZRANGEBYSCORE', P .. 'delayed', '-inf', whole(now), 'LIMIT', 0, PROMOTED)
if #due > 0 then
  redis.call('ZREM', P .. 'delayed', unpack(due))
  for i, task in ipairs(read(due, 1)) do
    if task then
      local state, fence, own, started, created, spent, head, line, at = split(task)
      redis.call('RPUSH', P .. 'ready:' .. queue_of(head), due[i])
      put(P .. 't:' .. due[i], joined('Q' .. string.sub(state, 2), fence, own, started, created,
        spent, head, line, string.sub(task, at)))
    end
  end
  write()
end

local answer, leases, examined = {'', '', ''}, {}, 0

-- take a task and return 1; an entry whose task was cancelled, or is gone, is dropped and counts
-- nothing: see cancel.lua
local FRESH = 'Q 0 - - - ' -- what the string of a task begins with that nobody has claimed yet
local BEHIND = #FRESH + 1
local claimed = ' ' .. token .. ' ' .. owner .. ' - '
local claimed_first = 'R 1' .. claimed

local function take(id, task)
  if not task then return 0 end
  local number, before, rest = '1', claimed_first, nil
  if sub(task, 1, #FRESH) == FRESH then
    rest = sub(task, BEHIND)
  else
    local state, last, at = match(task, '^(%a+) (%d+) [^ ]+ [^ ]+ [^ ]+ ()')
    if not READY[state] then return 0 end
    number, rest = whole(last + 1), sub(task, at)
    before = 'R ' .. number .. claimed
  end
  local line = find(rest, '\n', 1, true)
  local body = line + 2
  if byte(rest, line + 1) ~= 10 then -- it waited for a reason, and waits no more
    local past = find(rest, '\n', line + 1, true)
    local queued = match(rest, '^[^ \n]* [^ \n]*( %d+)', line + 1)
    local kept = sub(rest, 1, line) .. (queued and '- -' .. queued or '')
    body = #kept + 2
    rest = kept .. sub(rest, past)
  end
  put(P .. 't:' .. id, before .. rest)
  bytes = bytes - #rest
  if byte(rest, body) == 112 then bytes = bytes - match(rest, '^p(%d+)', body) end -- p
  local base = #answer
  answer[base + 1], answer[base + 2], answer[base + 3] = id, number, rest
  base = #leases
  leases[base + 1], leases[base + 2] = until_ms, id
  return 1
end

local function take_from(queue, most)
  local list = P .. 'ready:' .. queue
  local taken = 0
  while taken < most and bytes > 0 and examined < EXAMINED do
    local ids = redis.call('LPOP', list, most - taken)
    if not ids or #ids == 0 then break end
    examined = examined + #ids
    local back = {}
    local tasks = read(ids, 1)
    for i, id in ipairs(ids) do
      if bytes > 0 then taken = taken + take(id, tasks[i]) else table.insert(back, 1, id) end
    end
    if #back > 0 then redis.call('LPUSH', list, unpack(back)) end
  end
  return taken
end

local paused = {}
for _, priority in ipairs(redis.call('SMEMBERS', P .. 'paused')) do paused[priority] = true end

-- by priority; of one priority the queue whose head was submitted first comes first, so that none
-- waits for ever. What a family gets, its environments do not: it is the same room.
local wanted = {}
for i = 1, #wants, 2 do wanted[wants[i]] = tonumber(wants[i + 1]) end
local left = MOST

local function room_of(tag, family)
  return math.min(left, wanted[tag], wanted[family] or wanted[tag])
end

for priority = 0, 2 do
  local queues = {}
  for tag in pairs(wanted) do
    local list = P .. 'ready:' .. priority .. ':' .. tag
    local head = redis.call('LINDEX', list, 0)
    if head and not paused[whole(priority)] then queues[#queues + 1] = {head, tag} end
  end
  table.sort(queues, function(one, other) return one[1] < other[1] end)
  for _, queue in ipairs(queues) do
    local tag = queue[2]
    local family = (string.match(tag, '^.*%-') or '') .. 'any'
    local taken = take_from(priority .. ':' .. tag, room_of(tag, family))
    if taken > 0 then count_rate('c', priority, taken) end
    left = left - taken
    wanted[tag] = wanted[tag] - taken
    if family ~= tag and wanted[family] then wanted[family] = wanted[family] - taken end
  end
end
write()
if #leases > 0 then
  redis.call('ZADD', P .. 'lease', unpack(leases))
  local ids = {}
  for i = 2, #leases, 2 do ids[#ids + 1] = leases[i] end
  note('R', ids)
end

local more = #due > 0
for _, tag in ipairs(redis.call('SMEMBERS', P .. 'tags')) do
  local due_now = 0
  for priority = 0, 2 do
    if not paused[whole(priority)] then
      due_now = due_now + redis.call('LLEN', P .. 'ready:' .. priority .. ':' .. tag)
    end
  end
  if due_now > 0 then
    local at = wanted[tag] and 2 or 3
    answer[at] = answer[at] .. tag .. ' '
    more = more or wanted[tag]
  end
end
local first = redis.call('ZRANGE', P .. 'delayed', 0, 0, 'WITHSCORES')
if #first > 0 then
  local wait = math.max(0, first[2] - now)
  if wait == 0 then more = true end
  if not look or wait < look then look = wait end
end
if look then answer[1] = whole(look) end
if more then ring() end
return frame(answer)

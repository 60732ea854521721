-- submit: record new tasks as QUEUED, and ring.
--
-- ARGV[1]      how many unfinished tasks the store holds at most
-- then 7 each  id, function id, payload, priority, delay in ms, budget, worker losses survived
-- Answer       one of new, exists, no_function, full for each
-- Repeatable   yes: exists
local room = tonumber(ARGV[1])
  - redis.call('LLEN', P .. 'ready:0') - redis.call('LLEN', P .. 'ready:1')
  - redis.call('LLEN', P .. 'ready:2')
  - redis.call('ZCARD', P .. 'delayed') - redis.call('ZCARD', P .. 'lease')
local now = now_ms()
local created = whole(now)
local answers, accepted, seen, functions = {}, {}, {}, {}

for i = 2, #ARGV, 7 do
  local id, fn = ARGV[i], ARGV[i + 1]
  local answer
  if functions[fn] == nil then functions[fn] = redis.call('EXISTS', P .. 'f:' .. fn) == 1 end
  if seen[id] or redis.call('EXISTS', P .. 't:' .. id) == 1 then
    answer = 'exists'
  elseif not functions[fn] then
    answer = 'no_function'
  elseif room <= 0 then
    answer = 'full'
  else
    answer = 'new'
    seen[id] = true
    room = room - 1
    accepted[#accepted + 1] = {i, tonumber(ARGV[i + 4])}
  end
  answers[#answers + 1] = answer
end

for _, each in ipairs(accepted) do
  local i, delay = each[1], each[2]
  local state = place(ARGV[i], ARGV[i + 3], delay, now, false)
  redis.call('HSET', P .. 't:' .. ARGV[i], 's', state, 'f', ARGV[i + 1], 'p', ARGV[i + 2],
    'q', ARGV[i + 3], 'b', ARGV[i + 5], 'm', ARGV[i + 6], 'n', '0', 'c', created)
end
if #accepted > 0 then settle() end
return answers

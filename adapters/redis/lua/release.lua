-- release: hand back tasks that did not run, RUNNING to QUEUED at the head; nothing is charged.
--
-- ARGV[1]      delay in ms
-- ARGV[2]      why nobody could run them
-- then 3 each  id, number, token
-- Answer       one of recorded, duplicate, stale, gone for each
-- Repeatable   yes: duplicate
local now = now_ms()
local delay, reason = tonumber(ARGV[1]), ARGV[2]
local answers, ids, again, seen = {}, {}, {}, {}
for i = 3, #ARGV, 3 do
  local id = ARGV[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'n', 'k', 'e', 'q')
  local answer = verdict(hash, ARGV[i + 1], ARGV[i + 2], 'r', seen[id])
  if answer == 'recorded' then
    seen[id] = true
    ids[#ids + 1] = id
    again[#again + 1] = {id, hash[5]}
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  for _, each in ipairs(again) do
    local state = place(each[1], each[2], delay, now, true)
    redis.call('HSET', P .. 't:' .. each[1], 's', state, 'e', 'r', 'a', '', 'y', reason)
  end
  settle()
end
return answers

-- start: note that attempts (may) have begun; dated once.
--
-- ARGV, 3 each  id, number, token
-- Answer        one of recorded, stale, gone for each
-- Repeatable    yes
local now = whole(now_ms())
local answers = {}
pass_when_full()
for i = 1, #ARGV, 3 do
  local key = P .. 't:' .. ARGV[i]
  local hash = redis.call('HMGET', key, 's', 'n', 'k', 'e', 'a')
  local answer = verdict(hash, ARGV[i + 1], ARGV[i + 2], 'start', false)
  if answer == 'recorded' and (not hash[5] or hash[5] == '') then
    redis.call('HSET', key, 'a', now)
  end
  answers[#answers + 1] = answer
end
return answers

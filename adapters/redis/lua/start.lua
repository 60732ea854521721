-- start: note that attempts (may) have begun; dated once.
--
-- ARGV[1]     2 items each: id, fence
-- Answer      a letter each: R recorded, S stale, G gone
-- Repeatable  yes
local now = whole(now_ms())
local items = unframe(ARGV[1])
local answers = {}
pass_when_full()
for i = 1, #items, 2 do
  local key = P .. 't:' .. items[i]
  local hash = redis.call('HMGET', key, 's', 'k', 'a')
  local answer = verdict(hash[1], hash[2], items[i + 1], {}, false)
  if answer == 'R' and (hash[3] or '') == '' then redis.call('HSET', key, 'a', now) end
  answers[#answers + 1] = answer
end
return table.concat(answers)

-- get: tasks as they stand.
--
-- ARGV        ids
-- Answer      for each the fields of keys.SHOWN; the first is nil where there is no such task
-- Repeatable  yes, it writes nothing
local answers = {}
for i, id in ipairs(ARGV) do
  answers[i] = redis.call('HMGET', P .. 't:' .. id,
    's', 'f', 'n', 'q', 'b', 'r', 'i', 'l', 'c', 'a', 'z', 'w', 'y')
end
return answers

-- get: tasks as they stand.
--
-- ARGV[1]     ids
-- Answer      framed, 10 items each: state (empty: there is no such task), function id, fence,
--             priority, budget, spent, created, started, finished and worker, reason
-- Repeatable  yes, it writes nothing
local answer = {}
for _, id in ipairs(unframe(ARGV[1])) do
  append(answer, redis.call('HMGET', P .. 't:' .. id,
    's', 'f', 'k', 'q', 'b', 'u', 'c', 'a', 'z', 'y'))
end
return frame(answer)

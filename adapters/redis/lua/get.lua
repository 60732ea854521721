-- get: tasks as they stand.
--
-- ARGV[1]     ids
-- Answer      framed, 8 items each: state (empty: there is no such task), head, fence, spent,
--             created, started, end, reason (see keys.py)
-- Repeatable  yes, it writes nothing
local answer = {}
for _, id in ipairs(unframe(ARGV[1])) do
  append(answer, redis.call('HMGET', P .. 't:' .. id,
    's', 'h', 'k', 'u', 'c', 'a', 'z', 'y'))
end
return frame(answer)

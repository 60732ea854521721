-- attempts: a task and its earlier attempts.
--
-- ARGV[1]     the task's id
-- Answer      framed: the task's string (empty: gone), and its earlier attempts: see `remember`
-- Repeatable  yes, it writes nothing
-- Uses        frame
local answer = {redis.call('GET', P .. 't:' .. ARGV[1]) or ''}
append(answer, redis.call('LRANGE', P .. 'a:' .. ARGV[1], 0, -1))
return frame(answer)

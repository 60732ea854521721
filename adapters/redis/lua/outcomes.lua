-- outcomes: tasks with their outcomes, as many as fit.
--
-- ARGV[1]     stop after this many bytes (at least one task is given)
-- ARGV[2]     ids
-- Answer      framed: of how many tasks it tells, in order, maybe fewer than were asked for; their
--             strings (empty: there is no such task); the results or exceptions that have keys of
--             their own, in the same order
-- Repeatable  yes, it writes nothing
local ids = unframe(ARGV[2])
local answer = {''}
answer[1] = whole(append_ended(answer, ids, read(ids, 1), tonumber(ARGV[1])))
return frame(answer)

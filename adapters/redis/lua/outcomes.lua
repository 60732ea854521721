-- outcomes: tasks with their outcomes, as many as fit.
--
-- ARGV[1]     stop after this many bytes (at least one task is given)
-- ARGV[2]     ids
-- Answer      framed: the strings of tasks (see tasks.lua; empty: there is no such task), maybe
--             of fewer than were asked for, in order
-- Repeatable  yes, it writes nothing
-- Uses        frame, tasks, unframe
local answer = {}
append_ended(answer, read(unframe(ARGV[2]), 1), tonumber(ARGV[1]))
return frame(answer)

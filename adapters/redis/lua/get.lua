-- get: tasks as they stand.
--
-- ARGV[1]     ids
-- Answer      framed: each task's string (see tasks.lua), empty for one that does not exist
-- Repeatable  yes, it writes nothing
-- Uses        frame, tasks, unframe
local answer = {}
append(answer, read(unframe(ARGV[1]), 1))
return frame(answer)

-- wait: which tasks nobody need wait for; asked before a wait, and now and then meanwhile.
--
-- ARGV[1]     ids
-- Answer      a letter each: E ended or unknown, N not ended
-- Repeatable  yes, it writes nothing
-- Uses        tasks, unframe
local ENDED = {C = true, F = true, P = true, X = true, E = true}
local answers = {}
for i, task in ipairs(read(unframe(ARGV[1]), 1)) do
  answers[i] = (not task or ENDED[string.sub(task, 1, 1)]) and 'E' or 'N'
end
return table.concat(answers)

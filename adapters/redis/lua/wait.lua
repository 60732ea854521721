-- wait: which tasks have ended; what `wait` asks before it waits, and now and then meanwhile.
--
-- ARGV[1]     ids
-- Answer      a letter each: E ended, N not ended or unknown
-- Repeatable  yes, it writes nothing
local ENDED = {C = true, F = true, P = true, X = true, E = true}
local answers = {}
for i, id in ipairs(unframe(ARGV[1])) do
  answers[i] = ENDED[redis.call('HGET', P .. 't:' .. id, 's')] and 'E' or 'N'
end
return table.concat(answers)

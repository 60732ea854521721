-- outcomes: tasks with their outcomes, as many as fit.
--
-- ARGV[1]     stop after this many bytes (at least one task is given)
-- then        ids
-- Answer      for each the fields of keys.SHOWN, then evidence and result or exception; the first
--             is nil where there is no such task; the answer may be shorter than the question
-- Repeatable  yes, it writes nothing
local bytes = tonumber(ARGV[1])
local answers = {}
for i = 2, #ARGV do
  if bytes <= 0 then break end
  local row = redis.call('HMGET', P .. 't:' .. ARGV[i],
    's', 'f', 'n', 'q', 'b', 'r', 'i', 'l', 'c', 'a', 'z', 'w', 'y', 'v', 'x')
  bytes = bytes - #(row[14] or '') - #(row[15] or '')
  answers[#answers + 1] = row
end
return answers

-- fetch: functions with their payloads, as many as fit.
--
-- ARGV[1]     stop after this many bytes of payloads (at least one function is given)
-- then        ids
-- Answer      for each: name, payload, digest, implementation, python, dill, created; the first is
--             nil where there is no such function; the answer may be shorter than the question
-- Repeatable  yes, it writes nothing
local bytes = tonumber(ARGV[1])
local answers = {}
for i = 2, #ARGV do
  if bytes <= 0 then break end
  local row = redis.call('HMGET', P .. 'f:' .. ARGV[i], 'g', 'p', 'h', 'i', 'v', 'd', 'c')
  bytes = bytes - #(row[2] or '')
  answers[#answers + 1] = row
end
return answers

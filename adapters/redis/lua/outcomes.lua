-- outcomes: tasks with their outcomes, as many as fit.
--
-- ARGV[1]     stop after this many bytes (at least one task is given)
-- ARGV[2]     ids
-- Answer      framed, 10 items each: those of get.lua, then evidence, and result or exception;
--             it may tell of fewer tasks than were asked for, in order
-- Repeatable  yes, it writes nothing
local bytes = tonumber(ARGV[1])
local answer = {}
for _, id in ipairs(unframe(ARGV[2])) do
  if bytes <= 0 then break end
  local hash = redis.call('HMGET', P .. 't:' .. id,
    's', 'h', 'k', 'u', 'c', 'a', 'z', 'y', 'v', 'x')
  bytes = bytes - #(hash[9] or '') - #(hash[10] or '')
  append(answer, hash)
end
return frame(answer)

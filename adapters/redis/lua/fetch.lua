-- fetch: functions with their payloads, as many as fit.
--
-- ARGV[1]     stop after this many bytes of payloads (at least one function is given)
-- ARGV[2]     ids
-- Answer      framed, 7 items each: name, payload, digest (empty: there is no such function),
--             implementation, python, dill, created; it may tell of fewer functions than were
--             asked for, in order
-- Repeatable  yes, it writes nothing
local bytes = tonumber(ARGV[1])
local answer = {}
for _, id in ipairs(unframe(ARGV[2])) do
  if bytes <= 0 then break end
  local hash = redis.call('HMGET', P .. 'f:' .. id, 'g', 'p', 'h', 'i', 'v', 'd', 'c')
  bytes = bytes - #(hash[2] or '')
  append(answer, hash)
end
return frame(answer)

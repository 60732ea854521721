-- fetch: functions with their code, as many as fit.
--
-- ARGV[1]     stop after this many bytes of code (at least one function is given)
-- ARGV[2]     ids
-- Answer      framed, 12 items each: name, payload, digest (empty: there is no such function),
--             implementation, python, dill, created, version, source, entry, contract, when it was
--             deleted; it may tell of fewer functions than were asked for, in order
-- Repeatable  yes, it writes nothing
-- Uses        frame, unframe
local bytes = tonumber(ARGV[1])
local answer = {}
for _, id in ipairs(unframe(ARGV[2])) do
  if bytes <= 0 then break end
  local key = P .. 'f:' .. id
  local hash = redis.call('HMGET', key, 'g', 'p', 'h', 'i', 'v', 'd', 'c', 'n', 's', 'e', 'o', 'x')
  bytes = bytes - #(hash[2] or '') - #(hash[9] or '')
  append(answer, hash)
end
return frame(answer)

-- known: whether a task that is there no longer is known to have been.
--
-- ARGV[1]     its id
-- Answer      1 yes, 0 no (or it is there)
-- Repeatable  yes, it writes nothing
-- Uses        batches
local id = ARGV[1]
if of_batch(id) then
  local position = string.sub(id, -4)
  return redis.call('LPOS', P .. 'b:' .. string.sub(id, 1, -5) .. '0000:e', position) and 1 or 0
end
local past = redis.call('ZSCORE', P .. 'fading', id)
return past and tonumber(past) > now_ms() and redis.call('EXISTS', P .. 't:' .. id) == 0 and 1 or 0

-- wait: which tasks have ended; what `wait` asks before and while it waits.
--
-- ARGV        ids
-- Answer      the ids of those that are terminal
-- Repeatable  yes, it writes nothing
local ended = {}
for _, id in ipairs(ARGV) do
  local state = redis.call('HGET', P .. 't:' .. id, 's')
  if state and state ~= 'Q' and state ~= 'D' and state ~= 'R' then ended[#ended + 1] = id end
end
return ended

-- put: store functions; one that is there already stays as it is.
--
-- ARGV, 8 each  id, name, payload, digest, implementation, python, dill, created (ms since 1970)
-- Answer        how many are new
-- Repeatable    yes
-- When memory is full the first write is refused, and nothing is stored.
local new, seen = {}, {}
for i = 1, #ARGV, 8 do
  local key = P .. 'f:' .. ARGV[i]
  if not seen[key] and redis.call('EXISTS', key) == 0 then
    seen[key] = true
    new[#new + 1] = i
  end
end
for _, i in ipairs(new) do
  redis.call('HSET', P .. 'f:' .. ARGV[i], 'g', ARGV[i + 1], 'p', ARGV[i + 2], 'h', ARGV[i + 3],
    'i', ARGV[i + 4], 'v', ARGV[i + 5], 'd', ARGV[i + 6], 'c', ARGV[i + 7])
end
return #new

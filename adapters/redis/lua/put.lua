-- put: store functions; one that is there already stays as it is.
--
-- ARGV[1]     8 items each: id, name, payload, digest, implementation, python, dill, created
-- Answer      how many are new
-- Repeatable  yes
-- When memory is full the first write is refused, and nothing is stored.
local items = unframe(ARGV[1])
local new, seen = {}, {}
for i = 1, #items, 8 do
  local key = P .. 'f:' .. items[i]
  if not seen[key] and redis.call('EXISTS', key) == 0 then
    seen[key] = true
    new[#new + 1] = i
  end
end
for _, i in ipairs(new) do
  redis.call('SADD', P .. 'tags', items[i + 4] .. '-' .. items[i + 5])
  redis.call('HSET', P .. 'f:' .. items[i], 'g', items[i + 1], 'p', items[i + 2],
    'h', items[i + 3], 'i', items[i + 4], 'v', items[i + 5], 'd', items[i + 6],
    'c', items[i + 7])
end
return #new

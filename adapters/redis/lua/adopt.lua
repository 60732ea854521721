-- adopt: extend leases and make another dispatcher the one who is told of cancels.
--
-- ARGV[1]     owner
-- ARGV[2]     lease in ms
-- ARGV[3]     2 items each: id, fence
-- Answer      framed, 2 items each: head (see keys.py; empty: the attempt is not valid), spent
-- Repeatable  yes
local owner = ARGV[1]
local until_ms = whole(now_ms() + tonumber(ARGV[2]))
local items = unframe(ARGV[3])
local answer, leases = {}, {}
pass_when_full()
for i = 1, #items, 2 do
  local key = P .. 't:' .. items[i]
  local hash = redis.call('HMGET', key, 's', 'k', 'h', 'u')
  if verdict(hash[1], hash[2], items[i + 1], {}, false) == 'R' then
    redis.call('HSET', key, 'o', owner)
    leases[#leases + 1] = until_ms
    leases[#leases + 1] = items[i]
    append(answer, {hash[3], hash[4]})
  else
    append(answer, {'', ''})
  end
end
if #leases > 0 then redis.call('ZADD', P .. 'lease', unpack(leases)) end
return frame(answer)

-- adopt: extend leases and make another dispatcher the one who is told of cancels.
--
-- ARGV[1]      owner
-- ARGV[2]      lease in ms
-- then 3 each  id, number, token
-- Answer       for each: nil if invalid, else [function id, budget, and what is spent: retries,
--              strikes, losses, and the priority]
-- Repeatable   yes
local until_ms = whole(now_ms() + tonumber(ARGV[2]))
local answers, leases = {}, {}
pass_when_full()
for i = 3, #ARGV, 3 do
  local key = P .. 't:' .. ARGV[i]
  local hash = redis.call('HMGET', key, 's', 'n', 'k', 'e', 'f', 'b', 'r', 'i', 'l', 'q')
  local answer = false
  if verdict(hash, ARGV[i + 1], ARGV[i + 2], 'adopt', false) == 'recorded' then
    redis.call('HSET', key, 'o', ARGV[1])
    leases[#leases + 1] = until_ms
    leases[#leases + 1] = ARGV[i]
    answer = {hash[5], hash[6], hash[7], hash[8], hash[9], hash[10]}
  end
  answers[#answers + 1] = answer
end
if #leases > 0 then redis.call('ZADD', P .. 'lease', unpack(leases)) end
return answers

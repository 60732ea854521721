-- renew: extend leases, counted from now.
--
-- ARGV[1]      lease in ms
-- then 3 each  id, number, token
-- Answer       the positions, from 0, of the attempts that are no longer valid
-- Repeatable   yes
local until_ms = whole(now_ms() + tonumber(ARGV[1]))
local invalid, leases = {}, {}
for i = 2, #ARGV, 3 do
  local hash = redis.call('HMGET', P .. 't:' .. ARGV[i], 's', 'n', 'k')
  if verdict(hash, ARGV[i + 1], ARGV[i + 2], 'renew', false) == 'recorded' then
    leases[#leases + 1] = until_ms
    leases[#leases + 1] = ARGV[i]
  else
    invalid[#invalid + 1] = (i - 2) / 3
  end
end
if #leases > 0 then
  pass_when_full()
  redis.call('ZADD', P .. 'lease', unpack(leases))
end
return invalid

-- reap: take expired leases away; back to QUEUED at the head, or FAILED.
--
-- ARGV[1]     how many at most
-- ARGV[2]     retention in ms
-- Answer      4 for each: id, number, token, 1 if the task failed, else 0
-- Repeatable  yes, and any number of dispatchers may reap at once
-- An attempt that had started is a loss; the budget of losses is the field m.
local now = now_ms()
local retention = whole(tonumber(ARGV[2]))
local expired = redis.call('ZRANGEBYSCORE', P .. 'lease', '-inf', whole(now), 'LIMIT', 0, ARGV[1])
if #expired == 0 then return {} end

local answer, over, requeued = {}, {}, false
redis.call('ZREM', P .. 'lease', unpack(expired))
for _, id in ipairs(expired) do
  local key = P .. 't:' .. id
  local hash = redis.call('HMGET', key, 's', 'n', 'k', 'q', 'a', 'l', 'm')
  if hash[1] == 'R' then
    local started = hash[5] and hash[5] ~= ''
    local failed = started and tonumber(hash[6] or 0) >= tonumber(hash[7])
    if failed then
      redis.call('HSET', key, 's', 'F', 'e', 'p', 'p', '', 'z', whole(now))
      redis.call('PEXPIRE', key, retention)
      over[#over + 1] = id
    else
      local state = place(id, hash[4], 0, now, true)
      redis.call('HSET', key, 's', state, 'e', 'p', 'a', '')
      if started then redis.call('HINCRBY', key, 'l', 1) end
      requeued = true
    end
    local base = #answer
    answer[base + 1], answer[base + 2], answer[base + 3] = id, hash[2], hash[3]
    answer[base + 4] = failed and 1 or 0
  end
end
if requeued then settle() end
publish(over)
return answer

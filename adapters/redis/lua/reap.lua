-- reap: take expired leases away; back to QUEUED at the head, or FAILED.
--
-- ARGV[1]     how many at most
-- ARGV[2]     retention in ms
-- Answer      framed, 3 items each: id, fence, 1 if the task failed, else 0
-- Repeatable  yes, and any number of dispatchers may reap at once
-- An attempt that had started is a loss; the second word of its head says how many a task survives.
local retention = whole(tonumber(ARGV[2]))
local now = now_ms()
local expired = redis.call('ZRANGEBYSCORE', P .. 'lease', '-inf', whole(now), 'LIMIT', 0, ARGV[1])
if #expired == 0 then return frame({}) end

local answer, over, requeued = {}, {}, false
redis.call('ZREM', P .. 'lease', unpack(expired))
for _, id in ipairs(expired) do
  local key = P .. 't:' .. id
  local hash = redis.call('HMGET', key, 's', 'k', 'h', 'a', 'u')
  if hash[1] == 'R' then
    local started = (hash[4] or '') ~= ''
    local losses = tonumber(string.match(hash[5] or '', '%d+$') or 0)
    local failed = started and losses >= tonumber(string.match(hash[3], '^%d+ (%d+)'))
    if failed then
      redis.call('HSET', key, 's', 'P', 'p', '', 'z', whole(now) .. ' -1 ')
      redis.call('PEXPIRE', key, retention)
      over[#over + 1] = id
    else
      local state = place(id, queue_of(hash[3]), 0, now, true)
      redis.call('HSET', key, 's', state, 'a', '', 'u', charged(hash[5], started and 3))
      requeued = true
    end
    append(answer, {id, hash[2], failed and '1' or '0'})
  end
end
if requeued then settle() end
publish(over, 'F', retention)
return frame(answer)

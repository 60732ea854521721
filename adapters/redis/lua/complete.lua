-- complete: record results, RUNNING to COMPLETED.
--
-- ARGV[1]      retention in ms
-- then 7 each  id, number, token, worker, ms that it ran, evidence, result
-- Answer       one of recorded, duplicate, stale, gone for each
-- Repeatable   yes: duplicate
-- Leases are freed before anything else is written, so that it passes when memory is full.
local now = now_ms()
local retention = whole(tonumber(ARGV[1]))
local answers, ids, ended, seen = {}, {}, {}, {}
for i = 2, #ARGV, 7 do
  local id = ARGV[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'n', 'k', 'e', 'a', 'c')
  local answer = verdict(hash, ARGV[i + 1], ARGV[i + 2], 'c', seen[id])
  if answer == 'recorded' then
    seen[id] = true
    ids[#ids + 1] = id
    local started = hash[5]
    -- an attempt that ended before its start was noted is dated back by its run time
    if not started or started == '' then
      started = whole(math.max(tonumber(hash[6]), now - tonumber(ARGV[i + 4])))
    end
    ended[#ended + 1] = {i, started}
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished = whole(now)
  for _, each in ipairs(ended) do
    local i = each[1]
    local key = P .. 't:' .. ARGV[i]
    redis.call('HSET', key, 's', 'C', 'e', 'c', 'p', '', 'w', ARGV[i + 3], 'a', each[2],
      'z', finished, 'v', ARGV[i + 5], 'x', ARGV[i + 6])
    redis.call('PEXPIRE', key, retention)
  end
  publish(ids)
end
return answers

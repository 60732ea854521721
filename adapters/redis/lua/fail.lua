-- fail: record failures, RUNNING to FAILED, or back to QUEUED to be tried again.
--
-- ARGV[1]      retention in ms
-- then 9 each  id, number, token, worker, ms that it ran (-1: it never did), evidence, exception,
--              charge (retry, strike, loss, nothing; empty: the failure is final), delay in ms
-- Answer       one of recorded, duplicate, stale, gone for each
-- Repeatable   yes: duplicate
-- Leases are freed before anything else is written, so that it passes when memory is full.
local now = now_ms()
local retention = whole(tonumber(ARGV[1]))
local SPENT = {retry = 'r', strike = 'i', loss = 'l'}
local answers, ids, final, again, seen = {}, {}, {}, {}, {}
for i = 2, #ARGV, 9 do
  local id = ARGV[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'n', 'k', 'e', 'a', 'c', 'q')
  local answer = verdict(hash, ARGV[i + 1], ARGV[i + 2], 'f', seen[id])
  if answer == 'recorded' then
    seen[id] = true
    ids[#ids + 1] = id
    local ran, charge, delay = tonumber(ARGV[i + 4]), ARGV[i + 7], tonumber(ARGV[i + 8])
    if charge == '' then
      local started = hash[5] or ''
      if started == '' and ran >= 0 then
        started = whole(math.max(tonumber(hash[6]), now - ran))
      end
      final[#final + 1] = {i, started}
    else
      again[#again + 1] = {id, hash[7], charge, delay}
    end
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished, over = whole(now), {}
  for _, each in ipairs(final) do
    local i = each[1]
    local key = P .. 't:' .. ARGV[i]
    redis.call('HSET', key, 's', 'F', 'e', 'f', 'p', '', 'w', ARGV[i + 3], 'a', each[2],
      'z', finished, 'v', ARGV[i + 5], 'x', ARGV[i + 6])
    redis.call('PEXPIRE', key, retention)
    over[#over + 1] = ARGV[i]
  end
  for _, each in ipairs(again) do
    local id, priority, charge, delay = each[1], each[2], each[3], each[4]
    local key = P .. 't:' .. id
    local innocent = charge == 'loss' or charge == 'nothing'
    local state = place(id, priority, delay, now, innocent)
    redis.call('HSET', key, 's', state, 'e', 'f', 'a', '')
    if SPENT[charge] then redis.call('HINCRBY', key, SPENT[charge], 1) end
  end
  if #again > 0 then settle() end
  publish(over)
end
return answers

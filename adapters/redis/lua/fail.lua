-- fail: record failures, RUNNING to FAILED, or back to QUEUED to be tried again.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     8 items each: id, fence, worker, ms that it ran (-1: it never did), evidence,
--             exception, charge (retry, strike, loss, nothing; empty: the failure is final),
--             delay in ms
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Leases are freed before anything else is written, so that it passes when memory is full.
local retention = whole(tonumber(ARGV[1]))
local now = now_ms()
local items = unframe(ARGV[2])
local DONE = {F = true, Qf = true, Df = true}
local SPENT = {retry = 1, strike = 2, loss = 3}
local answers, ids, final, again, seen = {}, {}, {}, {}, {}
for i = 1, #items, 8 do
  local id = items[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'k', 'a', 'c', 'q', 'u')
  local answer = verdict(hash[1], hash[2], items[i + 1], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    local ran, charge, delay = tonumber(items[i + 3]), items[i + 6], tonumber(items[i + 7])
    if charge == '' then
      local started = hash[3] or ''
      if started == '' and ran >= 0 then
        started = whole(math.max(tonumber(hash[4]), now - ran))
      end
      final[#final + 1] = {i, started}
    else
      again[#again + 1] = {id, hash[5], charge, delay, hash[6]}
    end
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished, over = whole(now) .. ' ', {}
  for _, each in ipairs(final) do
    local i = each[1]
    local key = P .. 't:' .. items[i]
    redis.call('HSET', key, 's', 'F', 'p', '', 'a', each[2], 'z', finished .. items[i + 2],
      'v', items[i + 4], 'x', items[i + 5])
    redis.call('PEXPIRE', key, retention)
    over[#over + 1] = items[i]
  end
  for _, each in ipairs(again) do
    local id, priority, charge, delay, spent = each[1], each[2], each[3], each[4], each[5]
    local innocent = charge == 'loss' or charge == 'nothing'
    local state = place(id, priority, delay, now, innocent)
    redis.call('HSET', P .. 't:' .. id, 's', state .. 'f', 'a', '',
      'u', charged(spent, SPENT[charge]))
  end
  if #again > 0 then settle() end
  publish(over)
end
return table.concat(answers)

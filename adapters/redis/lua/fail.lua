-- fail: record failures, RUNNING to FAILED, or back to QUEUED to be tried again.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     7 items each: id, fence, ms that it ran (-1: it never did) and worker, evidence,
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
for i = 1, #items, 7 do
  local id = items[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'k', 'h', 'u')
  local answer = verdict(hash[1], hash[2], items[i + 1], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    local charge, delay = items[i + 5], tonumber(items[i + 6])
    if charge == '' then
      final[#final + 1] = i
    else
      again[#again + 1] = {id, queue_of(hash[3]), charge, delay, hash[4]}
    end
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished, over = whole(now) .. ' ', {}
  for _, i in ipairs(final) do
    local key = P .. 't:' .. items[i]
    redis.call('HSET', key, 's', 'F', 'p', '', 'z', finished .. items[i + 2],
      'v', items[i + 3], 'x', items[i + 4])
    redis.call('PEXPIRE', key, retention)
    over[#over + 1] = items[i]
  end
  for _, each in ipairs(again) do
    local id, queue, charge, delay, spent = each[1], each[2], each[3], each[4], each[5]
    local innocent = charge == 'loss' or charge == 'nothing'
    local state = place(id, queue, delay, now, innocent)
    redis.call('HSET', P .. 't:' .. id, 's', state .. 'f', 'a', '',
      'u', charged(spent, SPENT[charge]))
  end
  if #again > 0 then settle() end
  publish(over, 'F', retention)
end
return table.concat(answers)

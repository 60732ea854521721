-- complete: record results, RUNNING to COMPLETED.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     6 items each: id, fence, worker, ms that it ran, evidence, result
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Leases are freed before anything else is written, so that it passes when memory is full.
local retention = whole(tonumber(ARGV[1]))
local now = now_ms()
local items = unframe(ARGV[2])
local DONE = {C = true}
local answers, ids, ended, seen = {}, {}, {}, {}
for i = 1, #items, 6 do
  local id = items[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'k', 'a', 'c')
  local answer = verdict(hash[1], hash[2], items[i + 1], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    local started = hash[3] or ''
    -- an attempt that ended before its start was noted is dated back by its run time
    if started == '' then started = whole(math.max(tonumber(hash[4]), now - items[i + 3])) end
    ended[#ended + 1] = {i, started}
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished = whole(now) .. ' '
  for _, each in ipairs(ended) do
    local i = each[1]
    local key = P .. 't:' .. items[i]
    redis.call('HSET', key, 's', 'C', 'p', '', 'a', each[2], 'z', finished .. items[i + 2],
      'v', items[i + 4], 'x', items[i + 5])
    redis.call('PEXPIRE', key, retention)
  end
  publish(ids)
end
return table.concat(answers)

-- complete: record results, RUNNING to COMPLETED.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     5 items each: id, fence, ms that it ran and worker, evidence, result
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Leases are freed before anything else is written, so that it passes when memory is full.
local retention = whole(tonumber(ARGV[1]))
local items = unframe(ARGV[2])
local DONE = {C = true}
local answers, ids, ended, seen = {}, {}, {}, {}
for i = 1, #items, 5 do
  local id = items[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'k')
  local answer = verdict(hash[1], hash[2], items[i + 1], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    ended[#ended + 1] = i
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished = whole(now_ms()) .. ' '
  for _, i in ipairs(ended) do
    local key = P .. 't:' .. items[i]
    redis.call('HSET', key, 's', 'C', 'p', '', 'z', finished .. items[i + 2],
      'v', items[i + 3], 'x', items[i + 4])
    redis.call('PEXPIRE', key, retention)
  end
  publish(ids, 'C', retention)
end
return table.concat(answers)

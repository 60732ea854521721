-- standing: how the queues stand.
--
-- ARGV        none
-- Answer      framed: how many are delayed, how many run, the totals (recorded, completed, failed,
--             cancelled, expired), and for each priority 5 items: how many may be claimed, when the
--             first in line was submitted (empty: nobody waits), 1 if it is paused, tasks that came
--             and tasks that were claimed a second, of the last minute
-- Repeatable  yes, it writes nothing
-- Uses        frame, rates
local BUCKETS = 12
local now = now_ms()
local totals = redis.call('HMGET', P .. 'totals', 'n', 'C', 'F', 'X', 'E')
local answer = {whole(redis.call('ZCARD', P .. 'delayed')), whole(redis.call('ZCARD', P .. 'lease'))}
append(answer, totals)
local tags = redis.call('SMEMBERS', P .. 'tags')
local this = math.floor(now / RATE_MS)
local span = (BUCKETS - 1) * RATE_MS + now % RATE_MS + 1
local came, claimed = {[0] = 0, 0, 0}, {[0] = 0, 0, 0}
for bucket = this - BUCKETS + 1, this do
  local counts = redis.call('HMGET', P .. 'rate:' .. whole(bucket), 'n0', 'n1', 'n2', 'c0', 'c1', 'c2')
  for priority = 0, 2 do
    came[priority] = came[priority] + (counts[priority + 1] or 0)
    claimed[priority] = claimed[priority] + (counts[priority + 4] or 0)
  end
end
for priority = 0, 2 do
  local depth, oldest = 0, nil
  for _, tag in ipairs(tags) do
    local list = P .. 'ready:' .. priority .. ':' .. tag
    depth = depth + redis.call('LLEN', list)
    local first = redis.call('LINDEX', list, 0)
    local task = first and redis.call('GET', P .. 't:' .. first)
    local created = task and tonumber(string.match(task, '^%a+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ (%d+)'))
    if created and (not oldest or created < oldest) then oldest = created end
  end
  local paused = redis.call('SISMEMBER', P .. 'paused', whole(priority))
  append(answer, {whole(depth), oldest and whole(oldest) or '', whole(paused),
    string.format('%.3f', came[priority] * 1000 / span),
    string.format('%.3f', claimed[priority] * 1000 / span)})
end
return frame(answer)

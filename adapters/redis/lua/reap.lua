-- reap: take expired leases away; back to QUEUED at the head, or FAILED. Ends tasks that expire,
-- and forgets which tasks there were.
--
-- ARGV[1]     how many at most
-- ARGV[2]     retention in ms
-- Answer      framed, 3 items each: id, fence, 1 if the task failed, else 0
-- Repeatable  yes, and any number of dispatchers may reap at once
-- Uses        again, ends, expire, frame, groups, publish, tasks, waiting, watched, writes
-- An attempt that had started is a loss; the second word of its head says how many a task survives.
local retention = whole(tonumber(ARGV[2]))
local now = now_ms()
expire(now, retention)
sweep()
local expired = redis.call('ZRANGEBYSCORE', P .. 'lease', '-inf', whole(now), 'LIMIT', 0, ARGV[1])
if #expired == 0 then return frame({}) end

local answer, over, requeued = {}, {}, {}
local tasks = read(expired, 1)
redis.call('ZREM', P .. 'lease', unpack(expired))
for n, id in ipairs(expired) do
  local task = tasks[n]
  if task and string.sub(task, 1, 2) == 'R ' then
    local _, fence, own, start, created, spent, head, line, at = split(task)
    local started = start ~= '-'
    local losses = tonumber(string.match(spent, '%d+$'))
    local failed = started and losses >= tonumber(string.match(head, '^%d+ (%d+)'))
    if failed then
      finish(id, 'P', task, whole(now) .. ' -1 -', 'i0:')
      over[#over + 1] = id
    else
      if started then
        local since, worker = since_and_worker(line)
        remember(id, task, since, whole(now), '-1 ' .. (worker or '-'), 'l', 'i0:')
      end
      local state, waits = place_again(id, head, '-', 0, now, true)
      put(P .. 't:' .. id, joined(state, fence, own, '-', created, charged(spent, started and 3),
        head, waits, string.sub(task, at)))
      requeued[#requeued + 1] = id
    end
    append(answer, {id, fence, failed and '1' or '0'})
  end
end
write()
bury(retention)
if #requeued > 0 then settle() end
note('Q', requeued)
publish(over, 'F', retention)
return frame(answer)

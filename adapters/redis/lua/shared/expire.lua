-- Tasks that have waited for too long.
-- Uses  ends, publish, tasks, waiting, withdraw, writes

-- End tasks that wait and are not to be started any more; return whether there may be more of them.
-- One that runs is left alone, and entered again when it comes back.
local EXPIRED_AT_ONCE = 100

local function expire(now, retention)
  local due = {'-inf', whole(now), 'LIMIT', 0, EXPIRED_AT_ONCE}
  local ids = redis.call('ZRANGEBYSCORE', P .. 'expiry', unpack(due))
  if #ids == 0 then return false end
  redis.call('ZREM', P .. 'expiry', unpack(ids))
  local queued, delayed, ended = {}, {}, {}
  for n, task in ipairs(read(ids, 1)) do
    local state = task and string.sub(task, 1, 1)
    if state == 'Q' or state == 'D' then
      local _, _, _, _, _, _, head = split(task)
      if state == 'Q' then queued[#queued + 1] = {ids[n], queue_of(head)} end
      if state == 'D' then delayed[#delayed + 1] = ids[n] end
      finish(ids[n], 'E', task, whole(now) .. ' -1 -', 'i0:')
      ended[#ended + 1] = ids[n]
    end
  end
  withdraw(queued, delayed)
  write()
  bury(retention)
  publish(ended, 'E', retention)
  return #ids == EXPIRED_AT_ONCE
end

-- purge: cancel the tasks of a priority that wait, some at a time.
--
-- ARGV[1]     priority
-- ARGV[2]     retention in ms
-- ARGV[3]     how many of the delayed tasks were looked at before, and stay
-- Answer      framed: how many were cancelled, and what to give as ARGV[3] next (empty: that is all)
-- Repeatable  yes
-- Uses        ends, frame, publish, tasks, waiting, writes
local AT_ONCE = 100
local priority, offset = ARGV[1], tonumber(ARGV[3])
local retention = whole(tonumber(ARGV[2]))
local finished = whole(now_ms()) .. ' -1 -'
local ended, following = {}, ''

local function cancel(ids, state)
  local stay = 0
  for n, task in ipairs(read(ids, 1)) do
    local it = task and string.sub(task, 1, 1)
    local queue = it == state and queue_of((select(7, split(task))))
    if queue and string.sub(queue, 1, 1) == priority then
      finish(ids[n], 'X', task, finished, 'i0:')
      ended[#ended + 1] = ids[n]
    else
      stay = stay + 1
    end
  end
  return stay
end

local tags = redis.call('SMEMBERS', P .. 'tags')
table.sort(tags)
for _, tag in ipairs(tags) do
  local list = P .. 'ready:' .. priority .. ':' .. tag
  local ids = #ended < AT_ONCE and redis.call('LPOP', list, AT_ONCE - #ended)
  if ids and #ids > 0 then cancel(ids, 'Q') end
  if redis.call('LLEN', list) > 0 then following = whole(offset) end
end
if following == '' and #ended == 0 then
  local ids = redis.call('ZRANGE', P .. 'delayed', offset, offset + AT_ONCE - 1)
  local stay = cancel(ids, 'D')
  if #ended > 0 then redis.call('ZREM', P .. 'delayed', unpack(ended)) end
  if #ids == AT_ONCE then following = whole(offset + stay) end
elseif following == '' then
  following = whole(offset)
end
write()
bury(retention)
publish(ended, 'X', retention)
return frame({whole(#ended), following})

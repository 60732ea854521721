-- place: what a task's function needs, and how many tasks are before it in line.
--
-- ARGV[1]     id
-- ARGV[2]     how many of its own queue are looked at, at most
-- Answer      framed: the environment, and how many are ahead (empty: it is in no queue); nothing
--             for a task that does not exist
-- Repeatable  yes, it writes nothing
-- Uses        frame, tasks, waiting
local task = redis.call('GET', P .. 't:' .. ARGV[1])
if not task then return frame({}) end
local _, _, _, _, _, _, head = split(task)
local priority, tag = string.match(queue_of(head), '^(%d+):(.*)$')
if string.sub(task, 1, 1) ~= 'Q' then return frame({tag, ''}) end
local own = P .. 'ready:' .. priority .. ':' .. tag
local ahead = redis.call('LPOS', own, ARGV[1], 'MAXLEN', ARGV[2])
ahead = ahead or redis.call('LLEN', own)
for higher = 0, priority - 1 do
  ahead = ahead + redis.call('LLEN', P .. 'ready:' .. whole(higher) .. ':' .. tag)
end
return frame({tag, whole(ahead)})

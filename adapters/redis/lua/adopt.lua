-- adopt: extend leases and make another dispatcher the one who is told of cancels.
--
-- ARGV[1]     owner
-- ARGV[2]     lease in ms
-- ARGV[3]     2 items each: id, fence
-- Answer      framed, an item each: spent and head (see tasks.lua; empty: the attempt is not valid)
-- Repeatable  yes
-- Uses        fence, frame, full, tasks, unframe, writes
local owner = ARGV[1]
local until_ms = whole(now_ms() + tonumber(ARGV[2]))
local items = unframe(ARGV[3])
local answer, leases = {}, {}
pass_when_full()
for n, task in ipairs(read(items, 2)) do
  local id, fence = items[2 * n - 1], items[2 * n]
  if verdict(task, fence, {}, false) == 'R' then
    local state, _, _, started, created, spent, head, line, at = split(task)
    local body = string.sub(task, at)
    put(P .. 't:' .. id, joined(state, fence, owner, started, created, spent, head, line, body))
    leases[#leases + 1] = until_ms
    leases[#leases + 1] = id
    answer[n] = spent .. ' ' .. head
  else
    answer[n] = ''
  end
end
write()
if #leases > 0 then redis.call('ZADD', P .. 'lease', unpack(leases)) end
return frame(answer)

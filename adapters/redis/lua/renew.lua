-- renew: extend leases, counted from now.
--
-- ARGV[1]     lease in ms
-- ARGV[2]     2 items each: id, fence
-- Answer      a letter each: R renewed; S, G no longer valid
-- Repeatable  yes
-- Uses        fence, full, tasks, unframe
local until_ms = whole(now_ms() + tonumber(ARGV[1]))
local items = unframe(ARGV[2])
local answers, leases = {}, {}
for n, task in ipairs(read(items, 2)) do
  local answer = verdict(task, items[2 * n], {}, false)
  if answer == 'R' then
    leases[#leases + 1] = until_ms
    leases[#leases + 1] = items[2 * n - 1]
  end
  answers[n] = answer
end
if #leases > 0 then
  pass_when_full()
  redis.call('ZADD', P .. 'lease', unpack(leases))
end
return table.concat(answers)

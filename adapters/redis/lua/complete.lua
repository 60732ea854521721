-- complete: record results, RUNNING to COMPLETED.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     4 items each: id, fence, "ran worker" (ms), body (see tasks.lua)
-- ARGV[3...]  where the longest results are, and those of all whose bodies begin with "x", in their
--             order: see bodies.lua
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Uses        bodies, ends, fence, publish, tasks, unframe, writes
-- Leases are freed before anything else is written, so that it passes when memory is full.
local missing = lost(3)
if missing then return missing end
local retention = whole(tonumber(ARGV[1]))
local items = unframe(ARGV[2])
local DONE = {C = true}
-- Where so few end at once, whoever waits for one or its batch is told all of it, and need not ask.
local TOLD_MOST = 10
local tasks, answers, ids, ended, seen, results, longs = read(items, 4), {}, {}, {}, {}, {}, 0
for n, task in ipairs(tasks) do
  local id = items[4 * n - 3]
  local answer = verdict(task, items[4 * n - 2], DONE, seen[id])
  if string.byte(items[4 * n]) == 120 then -- x
    longs = longs + 1
    results[n] = longs
  end
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    ended[#ended + 1] = n
  end
  answers[n] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished = whole(now_ms()) .. ' '
  local told = {}
  for k, n in ipairs(ended) do
    local line = finished .. items[4 * n - 1]
    local task, life = finish(ids[k], 'C', tasks[n], line, items[4 * n], retention)
    if results[n] then
      keep(P .. 'x:' .. ids[k], results[n], life or retention)
    elseif #ids <= TOLD_MOST and not life then
      told[#told + 1] = ids[k]
      told[#told + 1] = task
    end
  end
  write()
  bury(retention)
  publish(ids, 'C', retention, told)
end
discard()
return table.concat(answers)

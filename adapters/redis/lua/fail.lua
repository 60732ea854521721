-- fail: record failures, RUNNING to FAILED, or back to QUEUED to be tried again.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     6 items each: id, fence, "ran worker" (ms; -1: it never ran), body (see the
--             tasks.lua; without the exception where the task is tried again), charge (retry,
--             strike, loss, nothing; empty: the failure is final), delay in ms
-- ARGV[3...]  where the longest exceptions are, and those of all whose bodies begin with "x", in
--             their order: see bodies.lua
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Uses        again, bodies, ends, fence, publish, tasks, unframe, waiting, watched, writes
-- Leases are freed before anything else is written, so that it passes when memory is full.
local missing = lost(3)
if missing then return missing end
local retention = whole(tonumber(ARGV[1]))
local now = now_ms()
local items = unframe(ARGV[2])
local DONE = {F = true, Qf = true, Df = true}
local SPENT = {retry = 1, strike = 2, loss = 3}
local tasks, answers, ids, final, again, seen = read(items, 6), {}, {}, {}, {}, {}
local exceptions, longs = {}, 0
for n, task in ipairs(tasks) do
  local id = items[6 * n - 5]
  local answer = verdict(task, items[6 * n - 4], DONE, seen[id])
  if string.byte(items[6 * n - 2]) == 120 then -- x
    longs = longs + 1
    exceptions[n] = longs
  end
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    local list = items[6 * n - 1] == '' and final or again
    list[#list + 1] = n
  end
  answers[n] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  local finished, over = whole(now) .. ' ', {}
  for _, n in ipairs(final) do
    local id = items[6 * n - 5]
    local line = finished .. items[6 * n - 3]
    local _, life = finish(id, 'F', tasks[n], line, items[6 * n - 2], retention)
    if exceptions[n] then keep(P .. 'x:' .. id, exceptions[n], life or retention) end
    over[#over + 1] = id
  end
  for _, n in ipairs(again) do
    local id, charge, delay = items[6 * n - 5], items[6 * n - 1], tonumber(items[6 * n])
    local _, fence, own, _, created, spent, head, line, at = split(tasks[n])
    local since = since_and_worker(line)
    remember(id, tasks[n], since, whole(now), items[6 * n - 3], 'f', items[6 * n - 2])
    local innocent = charge == 'loss' or charge == 'nothing'
    local state, waits = place_again(id, head, '-', delay, now, innocent)
    put(P .. 't:' .. id, joined(state .. 'f', fence, own, '-', created,
      charged(spent, SPENT[charge]), head, waits, string.sub(tasks[n], at)))
  end
  write()
  bury(retention)
  if #again > 0 then
    settle()
    local waiting = {}
    for _, n in ipairs(again) do waiting[#waiting + 1] = items[6 * n - 5] end
    note('Q', waiting)
  end
  publish(over, 'F', retention)
end
discard()
return table.concat(answers)

-- release: hand back tasks that did not run, RUNNING to QUEUED at the head; nothing is charged.
--
-- ARGV[1]     delay in ms
-- ARGV[2]     why nobody could run them
-- ARGV[3]     2 items each: id, fence
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
-- Uses        again, fence, tasks, unframe, waiting, watched, writes
local delay, reason = tonumber(ARGV[1]), ARGV[2]
local now = now_ms()
local items = unframe(ARGV[3])
local DONE = {Qr = true, Dr = true}
local tasks, answers, ids, again, seen = read(items, 2), {}, {}, {}, {}
for n, task in ipairs(tasks) do
  local id = items[2 * n - 1]
  local answer = verdict(task, items[2 * n], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    again[#again + 1] = n
  end
  answers[n] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  for k, n in ipairs(again) do
    local _, fence, own, started, created, spent, head, line, at = split(tasks[n])
    if started ~= '-' then
      local since, worker = since_and_worker(line)
      remember(ids[k], tasks[n], since, whole(now), '-1 ' .. (worker or '-'), 'r', 'i0:')
    end
    local state, waits = place_again(ids[k], head, reason, delay, now, true)
    put(P .. 't:' .. ids[k], joined(state .. 'r', fence, own, '-', created, spent, head, waits,
      string.sub(tasks[n], at)))
  end
  write()
  settle()
  note('Q', ids)
end
return table.concat(answers)

-- start: note that attempts (may) have begun, dated once, and who runs them.
--
-- ARGV[1]     3 items each: id, fence, worker ("-": not known)
-- Answer      a letter each: R recorded, S stale, G gone
-- Repeatable  yes
-- Uses        fence, full, tasks, unframe, writes
local now = whole(now_ms())
local items = unframe(ARGV[1])
local answers = {}
pass_when_full()
for n, task in ipairs(read(items, 3)) do
  local id, fence, worker = items[3 * n - 2], items[3 * n - 1], items[3 * n]
  local answer = verdict(task, fence, {}, false)
  if answer == 'R' then
    local state, _, own, started, created, spent, head, line, at = split(task)
    if started == '-' or worker ~= '-' then
      if started == '-' then started = now end
      if worker ~= '-' then line = '- - ' .. (since_and_worker(line) or created) .. ' ' .. worker end
      put(P .. 't:' .. id,
        joined(state, fence, own, started, created, spent, head, line, string.sub(task, at)))
    end
  end
  answers[n] = answer
end
write()
return table.concat(answers)

-- start: note that attempts (may) have begun; dated once.
--
-- ARGV[1]     2 items each: id, fence
-- Answer      a letter each: R recorded, S stale, G gone
-- Repeatable  yes
local now = whole(now_ms())
local items = unframe(ARGV[1])
local answers = {}
pass_when_full()
for n, task in ipairs(read(items, 2)) do
  local id, fence = items[2 * n - 1], items[2 * n]
  local answer = verdict(task, fence, {}, false)
  if answer == 'R' then
    local state, _, own, started, created, spent, head, line, at = split(task)
    if started == '-' then
      local body = string.sub(task, at)
      put(P .. 't:' .. id, joined(state, fence, own, now, created, spent, head, line, body))
    end
  end
  answers[n] = answer
end
write()
return table.concat(answers)

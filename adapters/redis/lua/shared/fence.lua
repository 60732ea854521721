-- The fence: who may write of an attempt.

-- What a fenced write answers: R recorded, D duplicate, S stale, G gone. `done` lists the states
-- in which the same attempt has written the same already, `again` says that this batch has.
local function verdict(task, fence, done, again)
  if not task then return 'G' end
  if not again and string.find(task, 'R ' .. fence .. ' ', 1, true) == 1 then return 'R' end
  local state, held = string.match(task, '^(%a+) (%d+ [^ ]+)')
  if held ~= fence then return 'S' end
  if again then return 'D' end
  if state == 'R' then return 'R' end
  return done[state] and 'D' or 'S'
end

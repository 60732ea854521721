-- endings: how a batch stands, and its tasks that have ended, in that order, as many as fit.
--
-- ARGV[1]     the batch's id
-- ARGV[2]     how many endings to leave out
-- ARGV[3]     how many endings to give at most
-- ARGV[4]     stop after this many bytes (at least one ending is given)
-- Answer      framed: created, count, highest position, completed, failed, cancelled, expired, and how
--             many endings were taken back (all empty: there is no such batch); the positions of
--             the endings, 4 hex digits each (0000: it was taken back);
--             their strings (see tasks.lua; empty: forgotten)
-- Repeatable  yes, it writes nothing
-- Uses        frame, tasks
local batch, first, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local stem = string.sub(batch, 1, -5)
local answer = {}
append(answer, redis.call('HMGET', P .. 'b:' .. batch, 'c', 'n', 'm', 'C', 'F', 'X', 'E', 'v'))
answer[#answer + 1] = ''
if most > 0 then
  local positions = redis.call('LRANGE', P .. 'b:' .. batch .. ':e', first, first + most - 1)
  local ids = {}
  for i = 1, #positions do ids[i] = stem .. positions[i] end
  local given = append_ended(answer, read(ids, 1), tonumber(ARGV[4]))
  answer[9] = table.concat(positions, '', 1, given)
end
return frame(answer)

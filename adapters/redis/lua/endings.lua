-- endings: how a batch stands, and its tasks that have ended, in that order, as many as fit.
--
-- ARGV[1]     the batch's id
-- ARGV[2]     how many endings to leave out
-- ARGV[3]     how many endings to give at most
-- ARGV[4]     stop after this many bytes (at least one ending is given)
-- Answer      framed: created, count, highest position, completed, failed, cancelled, expired (all
--             empty: there is no such batch); then 5 items for each ending: position (4 hex
--             digits), state (empty: the task is forgotten), fence, evidence, result or exception
-- Repeatable  yes, it writes nothing
local batch, first, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes = tonumber(ARGV[4])
local stem = P .. 't:' .. string.sub(batch, 1, -5)
local answer = {}
append(answer, redis.call('HMGET', P .. 'b:' .. batch, 'c', 'n', 'm', 'C', 'F', 'X', 'E'))
if most > 0 then
  local positions = redis.call('LRANGE', P .. 'b:' .. batch .. ':e', first, first + most - 1)
  for _, position in ipairs(positions) do
    if bytes <= 0 then break end
    local hash = redis.call('HMGET', stem .. position, 's', 'k', 'v', 'x')
    bytes = bytes - #(hash[3] or '') - #(hash[4] or '')
    answer[#answer + 1] = position
    append(answer, hash)
  end
end
return frame(answer)

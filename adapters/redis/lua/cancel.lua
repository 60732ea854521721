-- cancel: end tasks as CANCELLED; the owner of a running one finds its id in its inbox.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     ids
-- Answer      a letter each: P prevented, S stopping, T too late, G gone
-- Repeatable  yes: the same, by how the task stood when it was cancelled (X queued, Xr running)
-- Uses        ends, publish, tasks, unframe, waiting, withdraw, writes
local INBOX_MOST, INBOX_MS = 10000, 300000
local retention = whole(tonumber(ARGV[1]))
local finished = whole(now_ms()) .. ' -1 -'
local answers, ids, queued, delayed, inboxes, seen = {}, {}, {}, {}, {}, {}
local asked = unframe(ARGV[2])
local tasks = read(asked, 1)
local ended = {}
for n, id in ipairs(asked) do
  local state = tasks[n] and string.sub(tasks[n], 1, 1)
  local answer = 'T'
  if not state then
    answer = 'G'
  elseif seen[id] then
    answer = seen[id]
  elseif state == 'X' then
    answer = string.sub(tasks[n], 2, 2) == 'r' and 'S' or 'P'
  elseif state == 'Q' or state == 'D' or state == 'R' then
    ids[#ids + 1] = id
    ended[#ended + 1] = n
    answer = 'P'
    local _, _, owner, _, _, _, head = split(tasks[n])
    if state == 'Q' then queued[#queued + 1] = {id, queue_of(head)} end
    if state == 'D' then delayed[#delayed + 1] = id end
    if state == 'R' then
      answer = 'S'
      push(inboxes, owner, id)
    end
    seen[id] = answer
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  withdraw(queued, delayed)
  for k, n in ipairs(ended) do
    finish(ids[k], seen[ids[k]] == 'S' and 'Xr' or 'X', tasks[n], finished, 'i0:')
  end
  write()
  bury(retention)
  for owner, list in pairs(inboxes) do
    local inbox = P .. 'inbox:' .. owner
    redis.call('RPUSH', inbox, unpack(list))
    redis.call('LTRIM', inbox, -INBOX_MOST, -1)
    redis.call('PEXPIRE', inbox, INBOX_MS)
  end
  publish(ids, 'X', retention)
end
return table.concat(answers)

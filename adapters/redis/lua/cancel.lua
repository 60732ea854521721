-- cancel: end tasks as CANCELLED; the owner of a running one finds its id in its inbox.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     ids
-- Answer      a letter each: P prevented, S stopping, T too late, G gone
-- Repeatable  yes: T
-- Taking an id out of a list costs a search, so a queue longer than SEARCHED keeps the entry:
-- the claim that comes to it drops it, and until then it takes room.
local SEARCHED, INBOX_MOST, INBOX_MS = 1000, 10000, 300000
local retention = whole(tonumber(ARGV[1]))
local finished = whole(now_ms()) .. ' -1 '
local answers, ids, queued, delayed, inboxes, seen = {}, {}, {}, {}, {}, {}
for _, id in ipairs(unframe(ARGV[2])) do
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'h', 'o')
  local state = hash[1] and string.sub(hash[1], 1, 1)
  local answer = 'T'
  if not state then
    answer = 'G'
  elseif not seen[id] and (state == 'Q' or state == 'D' or state == 'R') then
    seen[id] = true
    ids[#ids + 1] = id
    answer = 'P'
    if state == 'Q' then queued[#queued + 1] = {id, queue_of(hash[2])} end
    if state == 'D' then delayed[#delayed + 1] = id end
    if state == 'R' then
      answer = 'S'
      push(inboxes, hash[3], id)
    end
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  if #delayed > 0 then redis.call('ZREM', P .. 'delayed', unpack(delayed)) end
  for _, each in ipairs(queued) do
    local list = P .. 'ready:' .. each[2]
    if redis.call('LLEN', list) <= SEARCHED then redis.call('LREM', list, 1, each[1]) end
  end
  for _, id in ipairs(ids) do
    local key = P .. 't:' .. id
    redis.call('HSET', key, 's', 'X', 'p', '', 'y', '', 'z', finished)
    redis.call('PEXPIRE', key, retention)
  end
  for owner, list in pairs(inboxes) do
    local inbox = P .. 'inbox:' .. owner
    redis.call('RPUSH', inbox, unpack(list))
    redis.call('LTRIM', inbox, -INBOX_MOST, -1)
    redis.call('PEXPIRE', inbox, INBOX_MS)
  end
  publish(ids, 'X', retention)
end
return table.concat(answers)

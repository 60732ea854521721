-- release: hand back tasks that did not run, RUNNING to QUEUED at the head; nothing is charged.
--
-- ARGV[1]     delay in ms
-- ARGV[2]     why nobody could run them
-- ARGV[3]     2 items each: id, fence
-- Answer      a letter each: R recorded, D duplicate, S stale, G gone
-- Repeatable  yes: D
local delay, reason = tonumber(ARGV[1]), ARGV[2]
local now = now_ms()
local items = unframe(ARGV[3])
local DONE = {Qr = true, Dr = true}
local answers, ids, again, seen = {}, {}, {}, {}
for i = 1, #items, 2 do
  local id = items[i]
  local hash = redis.call('HMGET', P .. 't:' .. id, 's', 'k', 'h')
  local answer = verdict(hash[1], hash[2], items[i + 1], DONE, seen[id])
  if answer == 'R' then
    seen[id] = true
    ids[#ids + 1] = id
    again[#again + 1] = {id, queue_of(hash[3])}
  end
  answers[#answers + 1] = answer
end

if #ids > 0 then
  redis.call('ZREM', P .. 'lease', unpack(ids))
  for _, each in ipairs(again) do
    local state = place(each[1], each[2], delay, now, true)
    redis.call('HSET', P .. 't:' .. each[1], 's', state .. 'r', 'a', '', 'y', reason)
  end
  settle()
end
return table.concat(answers)

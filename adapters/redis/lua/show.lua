-- show: add to what running attempts have shown, and wake who waits for it.
--
-- ARGV[1]     for how long it is kept, in ms
-- ARGV[2]     how many bytes of an output are kept
-- ARGV[3]     framed: task id, attempt number, offset, bytes, progress (empty: nothing new) of each
-- Answer      1
-- Repeatable  yes: bytes that are there already are not added again
-- Uses        full, unframe
local kept, most = whole(tonumber(ARGV[1])), tonumber(ARGV[2])
local items = unframe(ARGV[3])
local woken = {}
pass_when_full()
for at = 1, #items, 5 do
  local key = P .. 'o:' .. items[at]
  local number, first, data = tonumber(items[at + 1]), tonumber(items[at + 2]), items[at + 3]
  local known = redis.call('HMGET', key, 'n', 's', 'd')
  local held = tonumber(known[1] or 0)
  if number >= held then
    if number == held then
      local start, old = tonumber(known[2]), known[3]
      local past, last = start + #old, first + #data
      if last <= past and first >= start then
        first, data = start, old
      elseif start <= first and first <= past then
        first, data = start, old .. string.sub(data, past - first + 1)
      end
    else
      redis.call('HDEL', key, 'p')
    end
    local cut = math.max(0, #data - most)
    redis.call('HSET', key, 'n', number, 's', whole(first + cut), 'd', string.sub(data, cut + 1))
    if items[at + 4] ~= '' then redis.call('HSET', key, 'p', items[at + 4]) end
  end
  redis.call('HINCRBY', key, 'r', 1)
  redis.call('PEXPIRE', key, kept)
  woken[#woken + 1] = 'o:' .. items[at]
end
redis.call('PUBLISH', P .. 'ended', table.concat(woken, ' '))
return 1

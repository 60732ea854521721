-- muster: write down all workers of a dispatcher, in place of what it wrote last.
--
-- ARGV[1]     owner
-- ARGV[2]     for how long they are shown, in ms
-- ARGV[3]     for how long a wish to drain is kept, in ms
-- ARGV[4]     framed: the workers as one text, then the id and incarnation of each
-- Answer      framed: ids of those that are to be drained
-- Repeatable  yes
-- Uses        frame, full, unframe
local owner, kept, wish_ms = ARGV[1], tonumber(ARGV[2]), whole(tonumber(ARGV[3]))
local now = now_ms()
local items = unframe(ARGV[4])
pass_when_full()
redis.call('SET', P .. 'w:' .. owner, whole(now) .. ' ' .. items[1], 'PX', whole(kept))
redis.call('ZREMRANGEBYSCORE', P .. 'musters', '-inf', whole(now))
redis.call('ZADD', P .. 'musters', whole(now + kept), owner)
redis.call('PEXPIRE', P .. 'musters', whole(kept))
local wished = {}
for at = 2, #items, 2 do
  local key = P .. 'drain:' .. items[at]
  if redis.call('GET', key) == items[at + 1] then
    redis.call('PEXPIRE', key, wish_ms)
    wished[#wished + 1] = items[at]
  end
end
return frame(wished)

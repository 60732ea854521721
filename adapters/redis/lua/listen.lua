-- listen: have submits ring for this dispatcher, and take what there is to tell it now.
--
-- ARGV[1]     owner
-- ARGV[2]     how many cancelled ids at most
-- ARGV[3]     what it claims in advance, if there is nothing to tell: see handing.lua; empty: nothing
-- Answer      framed: 1 if there may be work, else empty; what was handed over, or empty; then ids
--             of cancelled tasks
-- Repeatable  no: an answer that is lost is a hint that is lost, and tasks that were handed over
--             come back when their leases end
-- Uses        bell, frame, full
-- Cancels and tasks go before work. Whoever was no listener may have missed a ring, so work is hinted
-- at once.
local owner = ARGV[1]
local now = now_ms()
local listeners = P .. 'listeners'
local bell, inbox = P .. 'bell:' .. owner, P .. 'inbox:' .. owner
pass_when_full()
local known = tonumber(redis.call('ZSCORE', listeners, owner) or -1) >= now
if not known then redis.call('ZREMRANGEBYSCORE', listeners, '-inf', '(' .. whole(now)) end
redis.call('ZADD', listeners, whole(now + LISTENER_MS), owner)
redis.call('PEXPIRE', listeners, 2 * LISTENER_MS)
redis.call('UNLINK', P .. 'credit:' .. owner)

local cancelled = redis.call('LPOP', inbox, ARGV[2]) or {}
local handed = redis.call('LPOP', P .. 'handed:' .. owner) or ''
if #cancelled > 0 or handed ~= '' then
  if not known and redis.call('LLEN', bell) == 0 then
    redis.call('RPUSH', bell, '1')
    redis.call('PEXPIRE', bell, LISTENER_MS)
  end
  return frame({'', handed, unpack(cancelled)})
end
local rang = redis.call('LPOP', bell)
if rang or not known then return frame({'1', ''}) end
if ARGV[3] ~= '' then
  redis.call('SET', P .. 'credit:' .. owner, ARGV[3], 'PX', LISTENER_MS)
end
return frame({'', ''})

-- pause: take the queue of a priority out of service, or bring it back and ring.
--
-- ARGV[1]     priority
-- ARGV[2]     1 pause, 0 resume
-- Answer      1 if that changed anything, else 0
-- Repeatable  yes
-- Uses        bell
if ARGV[2] == '1' then return redis.call('SADD', P .. 'paused', ARGV[1]) end
local changed = redis.call('SREM', P .. 'paused', ARGV[1])
ring()
return changed

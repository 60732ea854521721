-- hush: take a dispatcher's claim in advance back, and have its listen return.
--
-- ARGV[1]     owner
-- Answer      what was handed over to it and not fetched: strings framed as handing.lua says, framed
-- Repeatable  no: tasks that go with a lost answer come back when their leases end
-- Uses        bell, credit, frame, full
local owner = ARGV[1]
pass_when_full()
redis.call('UNLINK', P .. 'credit:' .. owner)
local bell = P .. 'bell:' .. owner
if redis.call('LLEN', bell) == 0 then redis.call('RPUSH', bell, '1') end
redis.call('PEXPIRE', bell, LISTENER_MS)
return frame(redis.call('LPOP', P .. 'handed:' .. owner, HANDED_MOST) or {})

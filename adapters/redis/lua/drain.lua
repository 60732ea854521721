-- drain: note the wish that a worker be drained, or take it back, and ring for its dispatcher.
--
-- ARGV[1]     worker
-- ARGV[2]     its incarnation: another one has not been asked; empty: the wish is taken back
-- ARGV[3]     for how long the wish is kept, in ms
-- ARGV[4]     owner
-- Answer      1
-- Repeatable  yes
-- Uses        bell
local bell = P .. 'bell:' .. ARGV[4]
local wish = P .. 'drain:' .. ARGV[1]
if ARGV[2] == '' then
  redis.call('UNLINK', wish)
else
  redis.call('SET', wish, ARGV[2], 'PX', whole(tonumber(ARGV[3])))
end
if redis.call('LLEN', bell) == 0 then redis.call('RPUSH', bell, '1') end
redis.call('PEXPIRE', bell, LISTENER_MS)
return 1

-- The bell of each dispatcher.

-- How long a dispatcher that says nothing more is rung for, in ms.
local LISTENER_MS = 60000

-- The doorbell: every dispatcher that listens has one of its own, so that one without room takes
-- no ring away from another. One element at most, gone when nobody comes for it.
local function ring()
  local owners = redis.call('ZRANGEBYSCORE', P .. 'listeners', whole(now_ms()), '+inf')
  for _, owner in ipairs(owners) do
    local bell = P .. 'bell:' .. owner
    if redis.call('LLEN', bell) == 0 then
      redis.call('RPUSH', bell, '1')
      redis.call('PEXPIRE', bell, LISTENER_MS)
    end
  end
end

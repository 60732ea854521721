-- What passes a server whose memory is full.

-- Over maxmemory a script may go on once its first write was one that needs no memory. Scripts
-- that must pass then, and have nothing to free first, begin with this removal of nothing.
local function pass_when_full()
  redis.call('ZREM', P .. 'lease', '')
end

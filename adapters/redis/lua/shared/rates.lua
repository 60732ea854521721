-- How many tasks come and are claimed.

-- Count tasks of a priority that came into its queue (n) or were claimed (c), for its rates.
local RATE_MS, RATE_KEPT_MS = 5000, 70000

local function count_rate(kind, priority, count)
  local bucket = P .. 'rate:' .. whole(math.floor(now_ms() / RATE_MS))
  if redis.call('HINCRBY', bucket, kind .. priority, count) == count then -- the first of this kind
    redis.call('PEXPIRE', bucket, RATE_KEPT_MS)
  end
end

-- put: store functions, each as the next version of its name.
--
-- ARGV[1]     1: where the newest version of the name has the same digest, that is the answer
-- ARGV[2]     12 items each: id, name, payload, digest, implementation, python, dill, created,
--             source, entry, tag, contract
-- Answer      framed, 3 items each: the id where it is, its version, 1 if it was stored now
-- Repeatable  yes: one that is there already stays as it is
-- Uses        frame, unframe
-- When memory is full the first write is refused, and nothing is stored.
local items = unframe(ARGV[2])
local answer = {}

-- where the version is that would make a new one needless: its id; nothing if there is none
local function found(i)
  local own = P .. 'f:' .. items[i]
  if redis.call('EXISTS', own) == 1 then return items[i] end
  if ARGV[1] ~= '1' then return nil end
  local live = P .. 'fn:' .. items[i + 1]
  local newest = redis.call('ZRANGE', live, -1, -1)[1]
  if not newest then return nil end
  local key = P .. 'f:' .. newest
  return redis.call('HGET', key, 'h') == items[i + 3] and newest or nil
end

local function last_of(key)
  return tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or 0)
end

local function store(i)
  local id, name = items[i], items[i + 1]
  local live, gone = P .. 'fn:' .. name, P .. 'fg:' .. name
  local catalogue, tags = P .. 'functions', P .. 'tags'
  local key = P .. 'f:' .. id
  local version = whole(math.max(last_of(live), last_of(gone)) + 1)
  local newest = redis.call('ZRANGE', live, -1, -1)[1]
  redis.call('SADD', tags, items[i + 10])
  redis.call('HSET', key, 'g', name, 'p', items[i + 2], 'h', items[i + 3], 'i', items[i + 4],
    'v', items[i + 5], 'd', items[i + 6], 'c', items[i + 7], 's', items[i + 8], 'e', items[i + 9],
    't', items[i + 10], 'o', items[i + 11], 'n', version)
  redis.call('ZADD', live, version, id)
  if newest then redis.call('ZREM', catalogue, newest) end
  redis.call('ZADD', catalogue, 0, id)
  return version
end

for i = 1, #items, 12 do
  local known = found(i)
  local base = #answer
  if known then
    local key = P .. 'f:' .. known
    answer[base + 1], answer[base + 2] = known, redis.call('HGET', key, 'n') or '1'
    answer[base + 3] = '0'
  else
    answer[base + 1], answer[base + 2], answer[base + 3] = items[i], store(i), '1'
  end
end
return frame(answer)

-- What is known of a function.
-- Uses  frame

-- Append what is known of a function but its code, 13 items: id (empty: there is no such function),
-- name, version, digest, implementation, python, dill, created, entry, contract, when it was
-- deleted, bytes of payload, bytes of source.
local function append_head(answer, id)
  local key = P .. 'f:' .. id
  local hash = redis.call('HMGET', key, 'g', 'n', 'h', 'i', 'v', 'd', 'c', 'e', 'o', 'x')
  answer[#answer + 1] = hash[1] and id or ''
  append(answer, hash)
  answer[#answer + 1] = whole(redis.call('HSTRLEN', key, 'p'))
  answer[#answer + 1] = whole(redis.call('HSTRLEN', key, 's'))
end


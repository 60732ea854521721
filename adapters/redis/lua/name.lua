-- name: bind an idempotency key to a batch, unless it is bound already.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     the key
-- ARGV[3]     the request's digest
-- ARGV[4]     the batch's id
-- Answer      the id of the batch that the key names; empty: it was given with another request
-- Repeatable  yes
-- Uses        batches
local key = P .. 'idem:' .. ARGV[2]
local before = redis.call('GET', key)
if not before then
  redis.call('SET', key, ARGV[3] .. ' ' .. ARGV[4], 'PX', ARGV[1])
  return ARGV[4]
end
local digest, id = string.match(before, '^(%x+) (.*)$')
return digest == ARGV[3] and of_batch(id) and string.sub(id, -4) == '0000' and id or ''

-- catalogue: the newest version of each name, or all versions of one, the latest first.
--
-- ARGV[1]     "names", or "versions"
-- ARGV[2]     of which name, for "versions"
-- ARGV[3]     where to go on: only smaller ids, or versions; empty: from the latest on
-- ARGV[4]     how many at most
-- Answer      framed, a row each: see `append_head`
-- Repeatable  yes, it writes nothing
-- Uses        frame, functions
local before, most = ARGV[3], tonumber(ARGV[4])
local ids
if ARGV[1] == 'names' then
  local key = P .. 'functions'
  local from = before == '' and '+' or '(' .. before
  ids = redis.call('ZRANGE', key, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, most)
else
  local key = P .. 'fn:' .. ARGV[2]
  local from = before == '' and '+inf' or '(' .. before
  ids = redis.call('ZRANGE', key, from, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, most)
end
local answer = {}
for _, id in ipairs(ids) do append_head(answer, id) end
return frame(answer)

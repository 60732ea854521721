-- events: what has happened to tasks; from now on it is written down for a while.
--
-- ARGV[1]     an id of the stream from which on to tell (that one too); empty: tell nothing
-- ARGV[2]     how many entries at most
-- Answer      framed: behind which id nothing is missing, the last id that there is, and 3 items for
--             each entry: its id, the state (a letter), the tasks' ids with spaces between
-- Repeatable  yes
-- Uses        frame, watched
local events, watched = P .. 'events', P .. 'watched'
local since = redis.call('GET', watched)
if not since then
  -- an entry that is gone at once, with all older ones: whatever is told from now on has a later id,
  -- in this millisecond too, and after a clock that was set back
  since = redis.call('XADD', events, 'MAXLEN', 0, '*', '-', '')
end
redis.call('SET', watched, since, 'PX', WATCHED_MS)
redis.call('PEXPIRE', events, WATCHED_MS)
local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
if first and redis.call('XLEN', events) >= CHANGES_KEPT then since = first[1] end
local answer = {since, last and last[1] or since}
if ARGV[1] ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', events, ARGV[1], '+', 'COUNT', ARGV[2])) do
    append(answer, {entry[1], entry[2][1], entry[2][2]})
  end
end
return frame(answer)

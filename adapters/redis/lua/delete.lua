-- delete: functions take no new tasks; they are kept for the tasks that there are.
--
-- ARGV[1]     for how long they are kept, in ms
-- ARGV[2]     ids
-- Answer      a letter each: D deleted, N not there, or deleted before
-- Repeatable  yes: N
-- Uses        unframe
-- Passes when memory is full: the first write frees some.
local answers = {}
for _, id in ipairs(unframe(ARGV[2])) do
  local key = P .. 'f:' .. id
  local hash = redis.call('HMGET', key, 'g', 'n', 'x')
  local answer = 'N'
  if hash[1] and not hash[3] then
    local live, gone, catalogue = P .. 'fn:' .. hash[1], P .. 'fg:' .. hash[1], P .. 'functions'
    redis.call('ZREM', live, id)
    if redis.call('ZREM', catalogue, id) == 1 then
      local newest = redis.call('ZRANGE', live, -1, -1)[1]
      if newest then redis.call('ZADD', catalogue, 0, newest) end
    end
    redis.call('HSET', key, 'x', whole(now_ms()))
    redis.call('PEXPIRE', key, ARGV[1])
    redis.call('ZADD', gone, hash[2] or 1, id)
    redis.call('PEXPIRE', gone, ARGV[1])
    answer = 'D'
  end
  answers[#answers + 1] = answer
end
return table.concat(answers)

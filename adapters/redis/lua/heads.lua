-- heads: functions without their code.
--
-- ARGV[1]     3 items each: an id, or nothing and a name, and of that name a version or nothing
-- Answer      framed, as many rows as were asked for: see `append_head`
-- Repeatable  yes, it writes nothing
-- Uses        frame, functions, unframe
local items = unframe(ARGV[1])
local answer = {}
for i = 1, #items, 3 do
  local id, name, version = items[i], items[i + 1], items[i + 2]
  if id == '' then
    local live, gone = P .. 'fn:' .. name, P .. 'fg:' .. name
    if version == '' then
      id = redis.call('ZRANGE', live, -1, -1)[1]
    else
      id = redis.call('ZRANGEBYSCORE', live, version, version)[1]
        or redis.call('ZRANGEBYSCORE', gone, version, version)[1]
    end
  end
  append_head(answer, id or '')
end
return frame(answer)

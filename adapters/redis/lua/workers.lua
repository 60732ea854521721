-- workers: return what all dispatchers wrote of their workers.
--
-- ARGV        nothing
-- Answer      framed: the time in ms; then for each dispatcher its name and "time text", as muster
--             wrote it
-- Repeatable  yes
-- Uses        frame
local now = now_ms()
local answer = {whole(now)}
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', P .. 'musters', '(' .. whole(now), '+inf')) do
  local noted = redis.call('GET', P .. 'w:' .. owner)
  if noted then
    answer[#answer + 1] = owner
    answer[#answer + 1] = noted
  end
end
return frame(answer)

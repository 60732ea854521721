-- retry: queue failed tasks again, FAILED to QUEUED at the tail, with all of their budget.
--
-- ARGV[1]     retention in ms
-- ARGV[2]     ids
-- Answer      a letter each: Q queued, N has not failed, G gone (its payload may be)
-- Repeatable  yes: N
-- A mark among the options says from now on that the task's batch has counted its end.
local retention = tonumber(ARGV[1])
local now = now_ms()
local asked = unframe(ARGV[2])
local answers, seen, singles, again = {}, {}, {}, {}
for n, task in ipairs(read(asked, 1)) do
  local id = asked[n]
  local payload = P .. 'p:' .. id
  local answer = 'N'
  if not task or seen[id] then
    answer = task and 'N' or 'G'
  elseif FAILED[string.sub(task, 1, 1)] then
    answer = redis.call('EXISTS', payload) == 1 and 'Q' or 'G'
  end
  if answer == 'Q' then
    seen[id] = true
    again[#again + 1] = id
    local state, fence, _, _, created, _, head, line, at = split(task)
    local finished, told = string.match(line, '^(%d+) ([^ ]+ [^ ]+)')
    local since = string.match(line, '^%d+ [^ ]+ [^ ]+ (%d+)$')
    local kind, length = string.match(task, '^([ix])(%d+)', at)
    local colon = string.find(task, ':', at, true)
    local evidence = string.sub(task, colon + 1, colon + tonumber(length))
    local how = state == 'P' and 'l' or 'f'
    remember(id, task, since, finished, told, how, 'i' .. length .. ':' .. evidence)
    local past, key = P .. 'a:' .. id, P .. 't:' .. id
    redis.call('PERSIST', past)
    redis.call('PERSIST', payload)
    if kind == 'x' then redis.call('UNLINK', P .. 'x:' .. id) end
    local first, options, tag = string.match(head, '^(.*) ([^ ]+) ([^ ]+)$')
    if options == '-' then options = ';' end
    if string.sub(options, -2) ~= ';r' then options = options .. ';r' end
    head = first .. ' ' .. options .. ' ' .. tag
    local queued, waits = place_again(id, head, '-', 0, now, false)
    put(key, joined(queued, fence, '-', '-', created, '0,0,0', head, waits,
      'p' .. redis.call('STRLEN', payload)))
    if of_batch(id) then
      local batch = P .. 'b:' .. string.sub(id, 1, -5) .. '0000'
      redis.call('PEXPIRE', batch, whole(retention))
      redis.call('PEXPIRE', batch .. ':e', whole(retention))
    else
      singles[#singles + 1] = id
    end
  end
  answers[n] = answer
end
write()
if #singles > 0 then
  local listed = {}
  for i = 1, #singles do
    listed[2 * i - 1] = '0'
    listed[2 * i] = singles[i]
  end
  redis.call('ZREM', P .. 'fading', unpack(singles))
  redis.call('ZADD', P .. 'index', unpack(listed))
end
if #again > 0 then settle() end
note('Q', again)
return table.concat(answers)

-- retry: queue ended tasks again that did not complete, at the tail, with all of their budget.
--
-- ARGV[1]     ids
-- Answer      a letter each: Q queued, N has not ended, or has completed, L its payload is lost, G gone
-- Repeatable  yes: N
-- Uses        again, groups, tasks, unframe, waiting, watched, writes
-- A time to expire that has passed is dropped: it would end the task at once.
local now = now_ms()
local asked = unframe(ARGV[1])
local COUNTED = {F = 'F', P = 'F', X = 'X', E = 'E'} -- what may be retried, and as what it was counted
local HOW = {F = 'f', P = 'l', X = 'x'}
local answers, seen, again = {}, {}, {}

-- A task's body from now on: false if its payload is not there.
local function payload_of(id, letter, task, at)
  local payload = P .. 'p:' .. id
  if redis.call('EXISTS', payload) == 1 then
    redis.call('PERSIST', payload)
    return 'p' .. redis.call('STRLEN', payload)
  end
  local short = string.sub(task, at + 3)
  return letter ~= 'F' and short ~= '' and 'i' .. short
end

-- Keep how the last attempt ended, where it did not wait for another one.
local function remember_last(id, letter, task, line, at)
  local past = P .. 'a:' .. id
  local last = redis.call('LINDEX', past, -1)
  local number = string.match(task, '^%a+ (%d+)')
  redis.call('PERSIST', past)
  if not HOW[letter] or number == '0' or last and string.match(last, '^%d+') == number then return end
  local finished, told = string.match(line, '^(%d+) ([^ ]+ [^ ]+)')
  local since = string.match(line, '^%d+ [^ ]+ [^ ]+ (%d+)$')
  local length = string.match(task, '^[ix](%d+)', at)
  local colon = string.find(task, ':', at, true)
  local evidence = string.sub(task, colon + 1, colon + tonumber(length))
  remember(id, task, since, finished, told, HOW[letter], 'i' .. length .. ':' .. evidence)
end

local function options_of(head)
  local first, options, tag = string.match(head, '^(.*) ([^ ]+) ([^ ]+)$')
  local expires, rest = string.match(options, '^(%d+)(;.*)$')
  if expires and tonumber(expires) <= now then options = rest == ';' and '-' or rest end
  return first .. ' ' .. options .. ' ' .. tag
end

for n, task in ipairs(read(asked, 1)) do
  local id = asked[n]
  local letter = task and string.sub(task, 1, 1)
  local answer = task and 'N' or 'G'
  if not seen[id] and COUNTED[letter] then
    local _, fence, _, _, created, _, head, line, at = split(task)
    local body = payload_of(id, letter, task, at)
    answer = body and 'Q' or 'L'
    if body then
      seen[id] = true
      again[#again + 1] = id
      remember_last(id, letter, task, line, at)
      redis.call('UNLINK', P .. 'x:' .. id)
      head = options_of(head)
      local queued, waits = place_again(id, head, '-', 0, now, false)
      put(P .. 't:' .. id, joined(queued, fence, '-', '-', created, '0,0,0', head, waits, body))
      recall(id, COUNTED[letter])
    end
  end
  answers[n] = answer
end
write()
if #again > 0 then settle() end
note('Q', again)
return table.concat(answers)

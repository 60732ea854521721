-- A task that comes back: what is remembered and spent of its attempt, and where it waits.
-- Uses  waiting

-- Earlier attempts of a task, the last ATTEMPTS of them, each "number queued started finished ran
-- worker how LF body": `queued` is since when it waited (nothing: since it was created), `how` is f
-- failed, l lost, r released, x cancelled, and `body` as in the task's string, without the exception.
-- `told` is "ran worker".
local ATTEMPTS = 20

local function remember(id, task, queued, finished, told, how, body)
  local number, started, created = string.match(task, '^%a+ (%d+) [^ ]+ [^ ]+ ([^ ]+) (%d+)')
  queued = queued or created
  local list = P .. 'a:' .. id
  redis.call('RPUSH', list, table.concat({number, queued, started, finished, told, how}, ' ') .. '\n'
    .. body)
  redis.call('LTRIM', list, -ATTEMPTS, -1)
end

-- What is spent, "retries,strikes,losses", with one more of the given kind; nothing for none.
local function charged(spent, kind)
  if not kind then return spent end
  local counts = {}
  for count in string.gmatch(spent, '%d+') do counts[#counts + 1] = tonumber(count) end
  counts[kind] = counts[kind] + 1
  return table.concat(counts, ',')
end

-- Place a task that comes back; gives the state and the line to write.
local function place_again(id, head, reason, delay, now, at_head)
  local state = place(id, queue_of(head), delay, now, at_head, expiry_of(head))
  local due = delay > 0 and whole(now + delay) or '-'
  return state, reason .. ' ' .. due .. ' ' .. whole(now)
end

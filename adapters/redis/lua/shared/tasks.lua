-- A task on the server: its string, its earlier attempts, its end.

-- A task is one string, so that 100 of them are read and written by one command each:
--
--   state number token owner started created retries,strikes,losses priority survives function
--   budget options environment LF line LF body
--
-- with "-" for a word that is not there. `line` is "reason due queued" while it waits, "- - queued
-- worker" while it runs, "finished ran worker queued" once it has ended, and in all three only as far as
-- there is something to say: nothing at all for a task that was queued once and whose result has no
-- time of its own, as most are. `body` is "i" and the payload, or "p" and its length where the
-- payload is so long that it has a key of its own; once the task has ended it is "i", the length of
-- the evidence, ":", the evidence and the result or exception (without evidence, the payload), or
-- "x" instead and after the length of the evidence "," and that of the result, which has a key of
-- its own, and is read beside the scripts. keys.py says what the words mean.
local SPLIT = '^(%a+) (%d+ [^ ]+) ([^ ]+) ([^ ]+) (%d+) ([^ ]+) ([^\n]+)\n([^\n]*)\n()'

-- state, fence, owner, started, created, spent, head, line, and where the body begins
local function split(task)
  return string.match(task, SPLIT)
end

local function joined(state, fence, owner, started, created, spent, head, line, body)
  return state .. ' ' .. fence .. ' ' .. owner .. ' ' .. started .. ' ' .. created .. ' ' .. spent
    .. ' ' .. head .. '\n' .. line .. '\n' .. body
end

-- Since when a task was queued and, of one that runs, who runs it, by its line; nothing where it does
-- not say.
local function since_and_worker(line)
  local since, worker = string.match(line, '^[^ ]+ [^ ]+ (%d+) ?([^ ]*)$')
  return since, worker ~= '' and worker or nil
end

-- The strings of tasks; false for one that does not exist. `step` is from one id to the next.
local function read(items, step)
  local keys = {}
  for i = 1, #items, step do keys[#keys + 1] = P .. 't:' .. items[i] end
  if #keys == 0 then return {} end
  return redis.call('MGET', unpack(keys))
end

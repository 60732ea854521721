-- find: look through the tasks, the newest first, for some.
--
-- ARGV[1]     the id after which to go on; empty: from the newest on
-- ARGV[2]     how many tasks to look at, at most
-- ARGV[3]     states, letters; empty: any
-- ARGV[4...6] a function's id, a tag, a worker, as they are in tasks' strings; empty: any
-- Answer      framed: the id after which to go on (empty: these were the last), and 2 items for each
--             that was found: its id, its string without the body
-- Repeatable  yes, it writes nothing
-- Uses        batches, frame, tasks
local cursor, most, states, fn, tag, worker = unpack(ARGV)
most = tonumber(most)
local from = cursor == '' and '+' or '(' .. cursor
local names = redis.call('ZREVRANGEBYLEX', P .. 'index', from, '-', 'LIMIT', 0, most)
local ids, over = {}, #names < most

for n, name in ipairs(names) do
  if not of_batch(name) then
    ids[#ids + 1] = name
  else
    local stem = string.sub(name, 1, -5)
    local last = tonumber(redis.call('HGET', P .. 'b:' .. name, 'm') or 0)
    if string.sub(cursor, 1, -5) == stem then
      last = math.min(last, tonumber(string.sub(cursor, -4), 16) - 1)
    end
    for position = last, math.max(1, last - most + #ids + 1), -1 do
      ids[#ids + 1] = stem .. string.format('%04x', position)
    end
    if #ids >= most and (n < #names or ids[#ids] ~= stem .. '0001') then over = false end
  end
  if #ids >= most then
    if n < #names then over = false end
    break
  end
end

local function found(task)
  if states ~= '' and not string.find(states, string.sub(task, 1, 1), 1, true) then return false end
  local _, _, _, _, _, _, head, line = split(task)
  local its_fn, options = string.match(head, '^%d+ %d+ ([^ ]+) [^ ]+ ([^ ]+) ')
  if fn ~= '' and its_fn ~= fn then return false end
  if tag ~= '' then
    local tags = string.match(options, '^%d*;([^;]*)') or ''
    if not string.find(',' .. tags .. ',', ',' .. tag .. ',', 1, true) then return false end
  end
  if worker == '' then return true end
  if string.sub(task, 1, 1) == 'R' then return select(2, since_and_worker(line)) == worker end
  return string.match(line, '^%d+ [^ ]+ ([^ ]+)') == worker
end

local answer = {over and '' or ids[#ids] or names[#names] or ''}
for n, task in ipairs(read(ids, 1)) do
  if task and found(task) then
    local second = string.find(task, '\n', string.find(task, '\n', 1, true) + 1, true)
    append(answer, {ids[n], string.sub(task, 1, second)})
  end
end
return frame(answer)

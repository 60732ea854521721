-- find: look through the tasks, the newest first, for some.
--
-- ARGV[1]     the id after which to go on; empty: from the newest on
-- ARGV[2]     how many tasks to look at, at most
-- ARGV[3]     states, letters; empty: any
-- ARGV[4...6] a function's id, a tag, a worker, as they are in tasks' strings; empty: any
-- Answer      framed: the id after which to go on (empty: these were the last), and 2 items for each
--             that was found: its id, its string without the body
-- Repeatable  yes, it writes nothing
-- Uses        batches, frame, leaves, tasks
local cursor, most, states, fn, tag, worker = unpack(ARGV)
most = tonumber(most)
local from = cursor == '' and '+' or '(' .. cursor
local names = redis.call('ZREVRANGEBYLEX', P .. 'index', from, '-', 'LIMIT', 0, most)
local ids, over = {}, #names < most
local leaf, start, left = {}, '', 0 -- the last one come to: in order, its beginning, how many wait

local function open(name)
  start = sub(name, 1, LEAF_DIGITS)
  leaf = redis.call('LRANGE', P .. 'leaf:' .. start, 0, -1)
  table.sort(leaf)
  left = #leaf
  if sub(cursor, 1, LEAF_DIGITS) ~= start then return end
  local past = sub(cursor, LEAF_DIGITS + 1)
  while left > 0 and leaf[left] >= past do left = left - 1 end
end

-- Those of the leaf that come before a name of the index.
local function give_leaf(name)
  local mine = sub(name, 1, LEAF_DIGITS) == start
  local least = mine and sub(name, LEAF_DIGITS + 1) or ''
  while left > 0 and #ids < most and leaf[left] > least do
    ids[#ids + 1] = start .. leaf[left]
    left = left - 1
  end
end

local function give_batch(batch)
  local stem = sub(batch, 1, -5)
  local last = tonumber(redis.call('HGET', P .. 'b:' .. batch, 'm') or 0)
  if sub(cursor, 1, -5) == stem then
    last = math.min(last, tonumber(sub(cursor, -4), 16) - 1)
  end
  local first = math.max(1, last - most + #ids + 1)
  for position = last, first, -1 do ids[#ids + 1] = stem .. string.format('%04x', position) end
  if first > 1 then over = false end
end

if cursor ~= '' then open(cursor) end
for _, name in ipairs(names) do
  give_leaf(name)
  if #ids >= most then
    over = false
    break
  end
  if #name == LEAF_DIGITS + 1 then
    open(name)
  elseif of_batch(name) then
    give_batch(name)
  else
    ids[#ids + 1] = name
  end
end
if over then -- no more names, between which the rest would belong
  give_leaf('')
  over = left == 0
end
local after = ids[#ids] or names[#names] or ''
if #after == LEAF_DIGITS + 1 then after = sub(after, 1, -2) .. 'f-ffff-ffff-ffffffffffff' end

local words = {}
for n = 4, 6 do
  if ARGV[n] ~= '' then words[#words + 1] = ARGV[n] end
end

local function found(task)
  if states ~= '' and not find(states, sub(task, 1, 1), 1, true) then return false end
  for _, word in ipairs(words) do -- most tasks are told apart so, without taking them to pieces
    if not find(task, word, 1, true) then return false end
  end
  if #words == 0 then return true end
  local _, _, _, _, _, _, head, line = split(task)
  local its_fn, options = match(head, '^%d+ %d+ ([^ ]+) [^ ]+ ([^ ]+) ')
  if fn ~= '' and its_fn ~= fn then return false end
  if tag ~= '' then
    local tags = match(options, '^%d*;([^;]*)') or ''
    if not find(',' .. tags .. ',', ',' .. tag .. ',', 1, true) then return false end
  end
  if worker == '' then return true end
  if sub(task, 1, 1) == 'R' then return select(2, since_and_worker(line)) == worker end
  return match(line, '^%d+ [^ ]+ ([^ ]+)') == worker
end

local answer = {over and '' or after}
for n, task in ipairs(read(ids, 1)) do
  if task and found(task) then
    local second = find(task, '\n', find(task, '\n', 1, true) + 1, true)
    append(answer, {ids[n], sub(task, 1, second)})
  end
end
return frame(answer)

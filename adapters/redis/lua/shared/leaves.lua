-- The index of all tasks.

-- The index names batches, single tasks, and leaves. Single tasks that come in one call and whose
-- ids begin alike, which is the same 16 ms, are listed in a leaf: a list of what their ids end with.
-- That takes a fifth of the memory, and no search among all that is listed (docs/performance.md).
-- The name of a leaf sorts right behind every id that begins like it: who looks for the newest
-- comes to it first.
local LEAF_DIGITS, LEAF_LEAST, LEAF_MARK = 12, 4, 'g'

-- Append what the index is to say of single tasks, each name behind its score.
local function list_single(listed, single)
  local leaves = {}
  for i = 1, #single do
    local id = single[i]
    local start = sub(id, 1, LEAF_DIGITS)
    local ends = leaves[start]
    if ends then ends[#ends + 1] = sub(id, LEAF_DIGITS + 1)
    else leaves[start] = {sub(id, LEAF_DIGITS + 1)} end
  end
  for start, ends in pairs(leaves) do
    if #ends >= LEAF_LEAST then
      redis.call('RPUSH', P .. 'leaf:' .. start, unpack(ends))
      ends = {LEAF_MARK}
    end
    for i = 1, #ends do
      listed[#listed + 1] = '0'
      listed[#listed + 1] = start .. ends[i]
    end
  end
end

-- Take names out of the index, and those that are not there themselves out of their leaves.
local function unlist(names)
  local index = P .. 'index'
  if redis.call('ZREM', index, unpack(names)) == #names then return end
  local leaves = {}
  for i = 1, #names do
    local start = sub(names[i], 1, LEAF_DIGITS)
    if redis.call('LREM', P .. 'leaf:' .. start, 1, sub(names[i], LEAF_DIGITS + 1)) == 1 then
      leaves[start] = true
    end
  end
  for start in pairs(leaves) do
    if redis.call('EXISTS', P .. 'leaf:' .. start) == 0 then
      redis.call('ZREM', index, start .. LEAF_MARK)
    end
  end
end

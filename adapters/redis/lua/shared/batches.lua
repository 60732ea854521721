-- What a task's id says of its batch.

-- Whether a task belongs to a batch, by its id: see identifiers.py.
local function of_batch(id)
  local mark = byte(id, 20)
  return mark == 97 or mark == 98 -- a, b
end

-- The positions in their batches of tasks that belong to one, by batch; and the other tasks.
local function by_batch(ids)
  local batches, single = {}, {}
  local last_stem, positions
  for i = 1, #ids do
    local id = ids[i]
    local mark = byte(id, 20)
    if mark == 97 or mark == 98 then
      local stem = sub(id, 1, -5)
      if stem ~= last_stem then -- most that come together are of one batch
        last_stem = stem
        positions = batches[stem .. '0000'] or {}
        batches[stem .. '0000'] = positions
      end
      positions[#positions + 1] = sub(id, -4)
    else
      single[#single + 1] = id
    end
  end
  return batches, single
end

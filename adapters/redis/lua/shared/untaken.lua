-- What was handed over and nobody has come for.
-- Uses  again, credit, fence, tasks, unframe, waiting, watched, writes

-- It goes back to the heads of its queues: the dispatcher is gone, or stands still. Gives in how many
-- ms the next look is due; nothing if there is none.
local function take_back(now)
  local owners = redis.call('ZRANGE', P .. 'handed', 0, TAKERS_MOST - 1, 'WITHSCORES')
  local back, over, look = {}, {}, nil
  for o = 1, #owners, 2 do
    local list, wait = P .. 'handed:' .. owners[o], owners[o + 1] - now
    local elements = redis.call('LRANGE', list, 0, -1)
    if #elements > 0 and wait > 0 then
      look = look or wait
      elements = {}
    else
      over[#over + 1] = owners[o]
      redis.call('UNLINK', list)
    end
    for _, element in ipairs(elements) do
      local items, ids = unframe(element), {}
      local fence = '1 ' .. items[1]
      for n = 2, #items, 3 do ids[#ids + 1] = items[n] end
      for n, task in ipairs(read(ids, 1)) do
        if verdict(task, fence, {}, false) == 'R' then
          local _, _, own, _, created, spent, head, _, at = split(task)
          local state, waits = place_again(ids[n], head, '-', 0, now, true)
          put(P .. 't:' .. ids[n], joined(state .. 'r', fence, own, '-', created, spent, head,
            waits, sub(task, at)))
          back[#back + 1] = ids[n]
        end
      end
    end
  end
  if #over > 0 then redis.call('ZREM', P .. 'handed', unpack(over)) end
  if #back > 0 then
    redis.call('ZREM', P .. 'lease', unpack(back))
    write()
    settle()
    note('Q', back)
  end
  return look
end

-- Tasks that leave where they wait.

-- Take tasks out of where they wait: `queued` has an id and a queue each, `delayed` ids. Taking an id
-- out of a list costs a search, so a queue longer than SEARCHED keeps the entry: the claim that
-- comes to it drops it, and until then it takes room.
local SEARCHED = 1000

local function withdraw(queued, delayed)
  if #delayed > 0 then redis.call('ZREM', P .. 'delayed', unpack(delayed)) end
  for _, each in ipairs(queued) do
    local list = P .. 'ready:' .. each[2]
    if redis.call('LLEN', list) <= SEARCHED then redis.call('LREM', list, 1, each[1]) end
  end
end

-- Handing over: a submit leases tasks at once to a dispatcher that has given credit.
-- Uses  bell, credit, frame, rates, watched
--
-- `credit:<owner>` is such a claim, "token lease tag most ..."; a listen writes it, and it holds for
-- one submit, until its owner claims or listens again, and only while the owner listens. What was
-- handed over lies in `handed:<owner>`, an element for each submit: framed, the token and 3 items
-- for each task as claim.lua answers them. `handed` says until when somebody may come for it; what
-- is still there then goes back: see `take_back`.

-- Their bodies are no longer than this, to be fetched in this time in ms: see domain/policy.py.
local HANDED_BODY, HANDED_MS = 2049, 500

-- How many tasks wait for an environment and are due, paused or not.
local function due_of(tag)
  return redis.call('LLEN', P .. 'ready:0:' .. tag) + redis.call('LLEN', P .. 'ready:1:' .. tag)
    + redis.call('LLEN', P .. 'ready:2:' .. tag)
end

-- The claims in advance that there are: owner, token, lease in ms, how many of each tag.
local function takers()
  -- by rank: by score it took the bundled server 13 us more (docs/performance.md)
  local scored = redis.call('ZRANGE', P .. 'listeners', -TAKERS_MOST, -1, 'WITHSCORES')
  local owners, now = {}, now_ms()
  for n = 1, #scored, 2 do
    if tonumber(scored[n + 1]) >= now then owners[#owners + 1] = scored[n] end
  end
  if #owners == 0 then return {} end
  local keys = {}
  for n, owner in ipairs(owners) do keys[n] = P .. 'credit:' .. owner end
  local found = {}
  for n, claim in ipairs(redis.call('MGET', unpack(keys))) do
    if claim then
      local token, lease, wants = match(claim, '^([^ ]+) (%d+)(.*)$')
      local rooms = {}
      for tag, most in string.gmatch(wants, ' ([^ ]+) (%d+)') do rooms[tag] = tonumber(most) end
      found[#found + 1] = {owner = owners[n], token = token, lease = tonumber(lease),
        rooms = rooms, items = {token}, ids = {}}
    end
  end
  return found
end

-- Whether nothing waits, or is about to, in an environment's queues, and a priority is not paused.
local free, served = {}, {}

local function is_free(priority, tag)
  if free[tag] == nil then free[tag] = due_of(tag) == 0 end
  if served[priority] == nil then
    served[priority] = redis.call('SISMEMBER', P .. 'paused', priority) == 0
  end
  return free[tag] and served[priority]
end

-- Give a new task to one of the takers, if there is one for it: gives the string to write. `rest` is
-- what it has from `created` on.
local function hand_over(taking, id, queue, rest)
  local priority, tag = match(queue, '^(%d):(.*)$')
  if is_free(priority, tag) then
    local family = (match(tag, '^.*%-') or '') .. 'any'
    for _, taker in ipairs(taking) do
      local rooms = taker.rooms
      local room = rooms[tag] or 0
      if room > 0 and (rooms[family] or room) > 0 then
        rooms[tag] = room - 1
        if family ~= tag and rooms[family] then rooms[family] = rooms[family] - 1 end
        local items, ids = taker.items, taker.ids
        local base = #items
        items[base + 1], items[base + 2], items[base + 3] = id, '1', rest
        ids[#ids + 1] = id
        count_rate('c', priority, 1)
        return 'R 1 ' .. taker.token .. ' ' .. taker.owner .. ' - ' .. rest
      end
    end
  end
  return nil
end

-- A new task waits in a queue: what follows it in this call must not overtake it.
local function occupied(queue)
  free[sub(queue, 3)] = false
end

-- Have those who were given something find it.
local function deliver(taking)
  for _, taker in ipairs(taking) do
    local ids = taker.ids
    if #ids > 0 then
      local leases, until_ms = {}, whole(now_ms() + taker.lease)
      for n, id in ipairs(ids) do
        leases[2 * n - 1] = until_ms
        leases[2 * n] = id
      end
      redis.call('ZADD', P .. 'lease', unpack(leases))
      redis.call('UNLINK', P .. 'credit:' .. taker.owner)
      local list = P .. 'handed:' .. taker.owner
      redis.call('RPUSH', list, frame(taker.items))
      redis.call('PEXPIRE', list, LISTENER_MS)
      redis.call('ZADD', P .. 'handed', whole(now_ms() + HANDED_MS), taker.owner)
      note('R', ids)
    end
  end
end

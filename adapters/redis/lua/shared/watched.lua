-- What is told to whoever watches the store.

-- Tell who watches of tasks that came into a state, a letter. Nothing is written where nobody does.
local CHANGES_KEPT, WATCHED_MS = 2000, 600000
local watched -- asked once a call

local function note(state, ids)
  if #ids == 0 then return end
  watched = watched or redis.call('EXISTS', P .. 'watched')
  if watched == 1 then
    local events = P .. 'events'
    redis.call('XADD', events, 'MAXLEN', '~', CHANGES_KEPT, '*', state, table.concat(ids, ' '))
    redis.call('PEXPIRE', events, WATCHED_MS)
  end
end

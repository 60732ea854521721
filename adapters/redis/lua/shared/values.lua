-- Stands before every script; then come those of the other files that it says it uses, and those
-- that they use: what is not used is not made, 0.1 us for each function and call.
--
-- KEYS[1]  the tagged prefix of every key, such as "{gofer:0}:"; all keys are built from it, so
--          that a script touches one hash slot and nothing else (adapters/redis/keys.py lists them)
-- ARGV     as each script says; the last one holds the items of a batch, framed: see `unframe`
--
-- Rules: time comes from TIME alone; what a task allows is checked before anything of it is
-- written, and arguments are converted before the first write, because an error in Lua does not
-- undo earlier writes; at most 100 tasks a call.
local P = KEYS[1]

-- What is called for each task, found once: Lua looks a global and its field up at each call.
local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local concat = table.concat

local moment

-- The time of the call: the same however often it is asked for.
local function now_ms()
  if not moment then
    local time = redis.call('TIME')
    moment = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return moment
end

-- Milliseconds as text: Lua itself would write 1.7e+12.
local function whole(number)
  return string.format('%.0f', number)
end

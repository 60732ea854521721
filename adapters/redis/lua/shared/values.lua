-- Stands before every script, with the other files of this folder (driver.py has their order).
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

-- Many strings as one: how many, their lengths, each number as 4 bytes, the highest first, and the
-- strings themselves. The driver, the protocol and Lua handle one long string much faster than
-- hundreds of short ones, and Lua reads bytes much faster than digits.
local LENGTHS_AT_ONCE = 400 -- bytes: a table from one call is read faster than many calls answer

local function unframe(blob)
  local items = {}
  local a, b, c, d = byte(blob, 1, 4)
  local count = ((a * 256 + b) * 256 + c) * 256 + d
  local bodies = 4 + 4 * count
  local at, i = bodies + 1, 0
  for from = 5, bodies, LENGTHS_AT_ONCE do
    local digits = {byte(blob, from, math.min(bodies, from + LENGTHS_AT_ONCE - 1))}
    for k = 1, #digits, 4 do
      local past = at
        + ((digits[k] * 256 + digits[k + 1]) * 256 + digits[k + 2]) * 256 + digits[k + 3]
      i = i + 1
      items[i] = sub(blob, at, past - 1)
      at = past
    end
  end
  return items
end

local NUMBERS = setmetatable({}, {__index = function(known, number)
  local low = number % 65536
  local high = (number - low) / 65536
  local text = string.char(math.floor(high / 256), high % 256, math.floor(low / 256), low % 256)
  known[number] = text
  return text
end})

-- Joined by one call: Lua hashes every byte of each string that it makes.
local function frame(items)
  local count = #items
  local parts = {NUMBERS[count]}
  for i = 1, count do parts[i + 1] = NUMBERS[#items[i]] end
  for i = 1, count do parts[count + 1 + i] = items[i] end
  return concat(parts)
end

-- Append what HMGET found; a field that is not there becomes an empty string.
local function append(items, fields)
  local base = #items
  for i = 1, #fields do items[base + i] = fields[i] or '' end
end

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


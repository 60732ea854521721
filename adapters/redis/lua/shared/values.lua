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

-- Many strings as one: how many, their lengths, each number as 4 bytes, the highest first, and the
-- strings themselves. The driver, the protocol and Lua handle one long string much faster than
-- hundreds of short ones, and Lua reads bytes much faster than digits.
local function unframe(blob)
  local byte, sub, items = string.byte, string.sub, {}
  local a, b, c, d = byte(blob, 1, 4)
  local count = ((a * 256 + b) * 256 + c) * 256 + d
  local at = 5 + 4 * count
  for i = 1, count do
    a, b, c, d = byte(blob, 4 * i + 1, 4 * i + 4)
    local past = at + ((a * 256 + b) * 256 + c) * 256 + d
    items[i] = sub(blob, at, past - 1)
    at = past
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

local function frame(items)
  local lengths = {NUMBERS[#items]}
  for i = 1, #items do lengths[i + 1] = NUMBERS[#items[i]] end
  return table.concat(lengths) .. table.concat(items)
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


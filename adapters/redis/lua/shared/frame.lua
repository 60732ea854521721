-- The items of an answer, as one string.

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

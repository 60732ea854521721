-- The items of a call, out of one argument.

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

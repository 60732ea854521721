-- What is written of tasks.

-- Strings to be written, all by one command: `put` takes them, `write` writes them.
local written = {}

local function put(key, value)
  written[#written + 1] = key
  written[#written + 1] = value
end

local function write()
  if #written > 0 then redis.call('MSET', unpack(written)) end
  written = {}
end

-- Long bodies on their way in.
--
-- They come as arguments of their own, in order, behind one that says where the longest of them
-- are. Lua hashes every byte that it is handed, 1.2 ms a MiB, so those come by plain SET before the
-- script, each under a key of its own that is forgotten in a minute, and their arguments are empty.
local behind, staged, kept = 0, {}, 0

-- Said before anything is written, with the argument behind which they come: an error to answer
-- with if one of them is not where it should be.
local function lost(argument)
  behind = argument
  for n = 1, #ARGV - behind do
    local from = P .. 's:' .. ARGV[behind] .. ':' .. n
    if ARGV[behind + n] == '' then staged[#staged + 1] = from end
  end
  if #staged == 0 or redis.call('EXISTS', unpack(staged)) == #staged then return nil end
  return redis.error_reply('LOST a long body is not where it was put before the call')
end

-- Have the n-th of them kept under a key, with a life in ms or for good.
local function keep(key, n, life)
  local body = ARGV[behind + n]
  local from = P .. 's:' .. ARGV[behind] .. ':' .. n
  if body == '' then
    kept = kept + 1
    redis.call('RENAME', from, key)
    if life then redis.call('PEXPIRE', key, life) else redis.call('PERSIST', key) end
  elseif life then
    redis.call('SET', key, body, 'PX', life)
  else
    redis.call('SET', key, body)
  end
end

-- Said last: those that nobody kept are forgotten at once.
local function discard()
  if kept < #staged then redis.call('UNLINK', unpack(staged)) end
end


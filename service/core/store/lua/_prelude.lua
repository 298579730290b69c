-- Shared by every script: Redis' own clock, and the bell.
-- The clock is Redis' so that leases and schedules do not depend on any worker's.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Calls with a list of any length, piece by piece: Lua's stack holds some 8,000 values.
local function in_pieces(list, first, last, call)
  for i = first, last, 1000 do call(unpack(list, i, math.min(i + 999, last))) end
end

-- Tells a worker that there is work: sets a flag with a short life and, only if it was not set,
-- writes arq's job here, so that a caller that dies next cannot have set the flag for nothing.
local function ring(which, now)
  if redis.call('SET', 'bell:' .. which, '1', 'PX', 2000, 'NX') then
    local jobs = {['in'] = 'refetch', out = 'deliver', rpl = 'replay', era = 'erase'}
    local id = which .. '-' .. redis.call('INCR', 'tok')
    redis.call('PSETEX', 'arq:job:' .. id, 60000,
      '{"t":null,"f":"' .. jobs[which] .. '","a":[],"k":{},"et":' .. string.format('%d', now) .. '}')
    redis.call('ZADD', 'arq:queue', now, id)
    redis.call('LPUSH', 'arq:bell', '1')
    redis.call('LTRIM', 'arq:bell', 0, 0)
    redis.call('PEXPIRE', 'arq:bell', 60000)
  end
end

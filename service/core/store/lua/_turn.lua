-- The generic cell rate algorithm: when may the next request to Recruitee leave? Returns the wait in
-- ms; the turn is taken, so the caller only has to wait it out.
local function turn(c, each_us, burst)
  local t = redis.call('TIME')
  local now = t[1] * 1000000 + t[2]
  local free = tonumber(redis.call('GET', 'rate:' .. c) or '0')
  if free < now then free = now end
  local wait = free - (burst - 1) * each_us - now
  if wait < 0 then wait = 0 end
  local next_free = free + each_us
  redis.call('SET', 'rate:' .. c, string.format('%.0f', next_free), 'PX', math.ceil((next_free - now) / 1000) + 1000)
  return math.ceil(wait / 1000)
end

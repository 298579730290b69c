-- A replay's pace: the generic cell rate algorithm over `free`, the µs at which its next delivery may leave.
-- It may run ahead by a tenth of a second's worth, so that a fast one need not be looked at for each.
local function pace(key)
  local rate = tonumber(redis.call('HGET', key, 'rate') or '')
  if not rate then return nil end
  local t = redis.call('TIME')
  local now, each = t[1] * 1000000 + t[2], 1000000 / rate
  local free = math.max(now, tonumber(redis.call('HGET', key, 'free') or '0'))
  return {free = free, each = each, spare = now + math.max(1, math.floor(rate / 10)) * each - free}
end

local function paced(key, opened)
  local p = pace(key)
  if p and opened > 0 then redis.call('HSET', key, 'free', string.format('%.0f', p.free + opened * p.each)) end
end

-- A replay that runs is done once all is settled. While it still selects, `total` is one more than it has
-- selected: the selection counts as one until it has ended.
local function end_if_over(key)
  local r = redis.call('HMGET', key, 'total', 'done', 'failed', 'status')
  if r[4] == 'running' and tonumber(r[2]) + tonumber(r[3]) >= tonumber(r[1]) then
    redis.call('HSET', key, 'status', 'done')
    return true
  end
  return false
end

-- Count one answer that was looked at, and each way in which it differs from what is expected.
-- ARGV: connection, time (ms), how long it is kept (s), most differences kept, endpoint, differences.
-- Values are 'count first last'. Run twice it counts an answer twice, which does no harm.
local key, now, kept_s, most = 'drift:' .. ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local function count(field, value)
  local n, first = string.match(value or '', '^(%d+) (%d+)')
  redis.call('HSET', key, field, string.format('%d', (n or 0) + 1) .. ' ' .. (first or now) .. ' ' .. now)
end

local function forget_old()
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local last = tonumber(string.match(all[i + 1], '(%d+)$'))
    if last < tonumber(now) - kept_s * 1000 then redis.call('HDEL', key, all[i]) end
  end
end

local fresh = redis.call('HLEN', key)
if fresh >= most then
  forget_old()
  fresh = redis.call('HLEN', key)
end
count('answers ' .. ARGV[5], redis.call('HGET', key, 'answers ' .. ARGV[5]))
for i = 6, #ARGV do
  local value = redis.call('HGET', key, ARGV[i])
  if value then
    count(ARGV[i], value)
  elseif fresh < most then
    fresh = fresh + 1
    count(ARGV[i], nil)
  else
    count('beyond', redis.call('HGET', key, 'beyond'))
  end
end
redis.call('EXPIRE', key, kept_s)
return fresh

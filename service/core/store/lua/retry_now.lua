-- Make an open delivery due now: ARGV: subscriber, delivery. Returns 1, 0 when it is not open, -1 when it
-- waits behind another of its subject (then its turn comes by itself), -2 when it is in flight.
local s, id = ARGV[1], ARGV[2]
local line = redis.call('HEXISTS', 'd:' .. s, id) == 1 and s or s .. ':replay'
if redis.call('HEXISTS', 'd:' .. line, id) == 0 then return 0 end
local due = redis.call('ZSCORE', 'due:' .. line, id)
if not due then return -1 end
-- Half a millisecond marks a flight's deadline: were it made due, a second attempt would leave beside it.
if tonumber(due) % 1 ~= 0 then return -2 end
local now = now_ms()
-- Before all others, so that it is the probe if the breaker is open: somebody wants to see how it goes.
local first = tonumber(redis.call('ZRANGE', 'due:' .. line, 0, 0, 'WITHSCORES')[2])
redis.call('ZADD', 'due:' .. line, 'LT', math.floor(math.min(now, first - 1)), id)
if redis.call('HGET', 'sub:' .. s, 'brk') == 'open' then redis.call('HSET', 'sub:' .. s, 'brk_until', now) end
if redis.call('HEXISTS', 'lease:out', s) == 0 then redis.call('ZADD', 'ready:out', 'LT', now, s) end
ring('out', now)
return 1

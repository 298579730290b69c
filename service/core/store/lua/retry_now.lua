-- Make an open delivery due now: ARGV: subscriber, delivery. Returns 1, or 0 when it is not open or waits
-- behind another of its subject (then its turn comes by itself).
local s, id = ARGV[1], ARGV[2]
if redis.call('HEXISTS', 'd:' .. s, id) == 0 then return 0 end
if not redis.call('ZSCORE', 'due:' .. s, id) then return 0 end
local now = now_ms()
redis.call('ZADD', 'due:' .. s, 'LT', now, id)
if redis.call('HEXISTS', 'lease:out', s) == 0 then redis.call('ZADD', 'ready:out', 'LT', now, s) end
ring('out', now)
return 1

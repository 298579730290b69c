-- Set a connection's status and let its inbox run: ARGV: connection, status, n pairs of other fields...
local c, now = ARGV[1], now_ms()
if redis.call('EXISTS', 'conn:' .. c) == 0 then return 0 end
redis.call('HSET', 'conn:' .. c, 'status', unpack(ARGV, 2))
if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', 'LT', now, c) end
ring('in', now)
return 1

-- The token works again: ARGV: connection, status it gets. Returns 1 for the one caller that restored it.
local c, now = ARGV[1], now_ms()
if redis.call('HGET', 'conn:' .. c, 'status') ~= 'unauthorized' then return 0 end
redis.call('HSET', 'conn:' .. c, 'status', ARGV[2], 'reason', '', 'probe_ms', 0)
if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', now, c) end
ring('in', now)
return 1

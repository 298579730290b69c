-- Move a subscriber past what the log no longer has: ARGV: subscriber, connection, from, to.
-- Returns 1, or 0 when it has moved by itself.
local key = 'pos:' .. ARGV[1]
if (redis.call('HGET', key, ARGV[2]) or '0-0') ~= ARGV[3] then return 0 end
redis.call('HSET', key, ARGV[2], ARGV[4])
return 1

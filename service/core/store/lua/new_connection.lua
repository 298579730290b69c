-- Make a connection: ARGV: connection, field, value, ... Returns 0 where there is one with this id.
if redis.call('EXISTS', 'conn:' .. ARGV[1]) == 1 then return 0 end
redis.call('HSET', 'conn:' .. ARGV[1], unpack(ARGV, 2))
return 1

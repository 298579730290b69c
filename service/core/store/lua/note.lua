-- Write plain facts of a connection, if it is still there: ARGV: connection, fields and values.
if redis.call('EXISTS', 'conn:' .. ARGV[1]) == 0 then return 0 end
redis.call('HSET', 'conn:' .. ARGV[1], unpack(ARGV, 2))
return 1

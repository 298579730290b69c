#!lua flags=allow-oom
-- Forget a dead letter, or what of it is about a person: ARGV: erasure, dead letter, as it was, what stays ('' = nothing).
local key = 'dlt:' .. ARGV[2]
if redis.call('GET', key) ~= ARGV[3] then return 0 end
if ARGV[4] ~= '' then redis.call('SET', key, ARGV[4], 'KEEPTTL')
else
  redis.call('DEL', key)
  redis.call('ZREM', 'dead', ARGV[2])
  redis.call('HDEL', 'replaying', ARGV[2])
end
redis.call('HINCRBY', 'era:' .. ARGV[1], 'n:dead_letters', 1)
return 1

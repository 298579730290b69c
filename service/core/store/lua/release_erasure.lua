#!lua flags=allow-oom
-- Hand an erasure back: ARGV: erasure, token, ms after which to look at it again ('' = it is done with).
if redis.call('HGET', 'lease:era', ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', 'lease:era', ARGV[1])
if ARGV[3] == '' then redis.call('ZREM', 'ready:era', ARGV[1])
else redis.call('ZADD', 'ready:era', now_ms() + ARGV[3], ARGV[1]) end
return 1

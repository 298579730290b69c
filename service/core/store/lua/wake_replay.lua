-- Let a replay run: ARGV: replay.
local now = now_ms()
if redis.call('HEXISTS', 'lease:rpl', ARGV[1]) == 0 then redis.call('ZADD', 'ready:rpl', 'LT', now, ARGV[1]) end
ring('rpl', now)
return 1

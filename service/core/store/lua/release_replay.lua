-- Hand a replay back: ARGV: replay, token. It stays ready while it runs and has items left.
-- Returns 0 when it is to be looked at again, else -1.
local r = ARGV[1]
if redis.call('HGET', 'lease:rpl', r) ~= ARGV[2] then return -1 end
redis.call('HDEL', 'lease:rpl', r)
if redis.call('HGET', 'rpl:' .. r, 'status') == 'running' and redis.call('LLEN', 'rplq:' .. r) > 0 then
  redis.call('ZADD', 'ready:rpl', now_ms(), r)
  return 0
else
  redis.call('ZREM', 'ready:rpl', r)
end
return -1

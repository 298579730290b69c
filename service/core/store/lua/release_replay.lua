-- Hand a replay back: ARGV: replay, token, ms until it is to be looked at again. It stays ready while it runs
-- and has something left to select or to open.
-- Returns the ms until it is to be looked at again, else -1.
local r, wait = ARGV[1], tonumber(ARGV[3])
if redis.call('HGET', 'lease:rpl', r) ~= ARGV[2] then return -1 end
redis.call('HDEL', 'lease:rpl', r)
local have = redis.call('HMGET', 'rpl:' .. r, 'status', 'selecting')
if have[1] == 'running' and (have[2] == '1' or redis.call('LLEN', 'rplq:' .. r) > 0) then
  redis.call('ZADD', 'ready:rpl', now_ms() + wait, r)
  return wait
else
  redis.call('ZREM', 'ready:rpl', r)
end
return -1

-- Hand a connection's inbox back: ARGV: connection, token, 1 to look again at once (if anything waits),
-- or ms after which to look ('' = only when something rings).
-- Returns 0 when fenced, 1 when nothing waits, 2 when there is more.
local c = ARGV[1]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return 0 end
redis.call('HDEL', 'lease:in', c)
local now = now_ms()
if ARGV[4] ~= '' then
  redis.call('ZADD', 'ready:in', now + tonumber(ARGV[4]), c)
  return 2
end
if ARGV[3] == '1' and redis.call('XLEN', 'in:' .. c) > 0 then
  redis.call('ZADD', 'ready:in', now, c)
  ring('in', now)
  return 2
end
local nearest = redis.call('ZRANGE', 'parkdue:' .. c, 0, 0, 'WITHSCORES')
if ARGV[3] == '1' and nearest[2] then
  redis.call('ZADD', 'ready:in', nearest[2], c)
else
  redis.call('ZREM', 'ready:in', c)
end
return 1

-- Make a subscriber at the head of every log: ARGV: subscriber, fields and values of its hash.
local s, now = ARGV[1], now_ms()
-- Sent twice: the head has moved since, and what came between is already for it.
if redis.call('EXISTS', 'sub:' .. s) == 1 then return now end
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  local last = redis.call('XREVRANGE', 'log:' .. c, '+', '-', 'COUNT', 1)
  redis.call('HSET', 'pos:' .. s, c, last[1] and last[1][1] or '0-0')
end
redis.call('HSET', 'sub:' .. s, unpack(ARGV, 2))
redis.call('ZADD', 'subs', now, s)
if redis.call('HGET', 'sub:' .. s, 'status') == 'active' then redis.call('SADD', 'subs:on', s) end
return now

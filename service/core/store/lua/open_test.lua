-- Open one delivery of an event that no log has: ARGV: subscriber, delivery, lane, state, event, body,
-- retention in s. Returns 1, or 0 when the subscriber is not active.
local s, id, lane, state, event = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('SISMEMBER', 'subs:on', s) == 0 then return 0 end
local now = now_ms()
redis.call('SET', 'ev:' .. event, ARGV[6], 'EX', ARGV[7])
open_delivery(s, now, id, lane, state, event, ARGV[7])
-- It is made to see how the subscriber is: an open breaker lets it leave as its probe.
if redis.call('HGET', 'sub:' .. s, 'brk') == 'open' then
  redis.call('HSET', 'sub:' .. s, 'brk_until', now)
  redis.call('ZADD', 'due:' .. s, 'XX', 0, id)
end
if redis.call('HEXISTS', 'lease:out', s) == 0 then redis.call('ZADD', 'ready:out', 'LT', now, s) end
ring('out', now)
return 1

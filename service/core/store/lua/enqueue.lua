-- Put entries of our own (a sync, a replay of an inbound dead letter) into an inbox: ARGV: connection, entries.
local c, now = ARGV[1], now_ms()
if redis.call('EXISTS', 'conn:' .. c) == 0 then return 0 end
for k = 2, #ARGV do redis.call('XADD', 'in:' .. c, '*', 'e', ARGV[k]) end
if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', 'LT', now, c) end
ring('in', now)
return #ARGV - 1

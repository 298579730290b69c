-- Say how many records a token may not see, at most once an hour: ARGV: connection, how many were counted,
-- then of the event: id, body, type, lane, retention in s. Returns 1 when it was said now.
local c, counted = ARGV[1], 'hidden:n:' .. ARGV[1]
if redis.call('SCARD', counted) ~= tonumber(ARGV[2]) or redis.call('EXISTS', 'hidden:' .. c) == 1 then return 0 end
redis.call('DEL', counted)
redis.call('SET', 'hidden:' .. c, 1, 'EX', 3600)
tell(c, ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], now_ms())
return 1

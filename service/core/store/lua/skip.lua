#!lua flags=allow-oom
-- Move a subscriber past what the log no longer has, and tell of it in the same step: ARGV: subscriber,
-- connection, from, to, then of the event (id '' = nothing to tell): id, body, type, lane, retention in s.
-- Returns 1, or 0 when it has moved by itself.
local s, c = ARGV[1], ARGV[2]
if (redis.call('HGET', 'pos:' .. s, c) or '0-0') ~= ARGV[3] then return 0 end
if redis.call('EXISTS', 'sub:' .. s) == 0 then return 1 end
redis.call('HSET', 'pos:' .. s, c, ARGV[4])
if ARGV[5] ~= '' then tell(c, ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], now_ms()) end
return 1

-- Note that a URL proved itself: ARGV: subscriber, URL, the reason of the pause meanwhile. Returns 0 when
-- another URL is to prove itself by now, 1, or 2 when the subscriber waited for nothing else.
local key = 'sub:' .. ARGV[1]
local awaited = redis.call('HGET', key, 'unproven')
if awaited and awaited ~= ARGV[2] then return 0 end
redis.call('HDEL', key, 'unproven')
return redis.call('HGET', key, 'reason') == ARGV[3] and 2 or 1

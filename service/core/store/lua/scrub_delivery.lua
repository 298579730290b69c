#!lua flags=allow-oom
-- Replace a stored delivery if it is still what it was: ARGV: erasure, key, field ('' = the key is a string), as it
-- was, as it is to be. Returns 1, or 0 when it has changed.
local key, field = ARGV[2], ARGV[3]
local have
if field == '' then have = redis.call('GET', key) else have = redis.call('HGET', key, field) end
if have ~= ARGV[4] then return 0 end
if field == '' then redis.call('SET', key, ARGV[5], 'KEEPTTL') else redis.call('HSET', key, field, ARGV[5]) end
redis.call('HINCRBY', 'era:' .. ARGV[1], 'n:attempt_logs', 1)
return 1

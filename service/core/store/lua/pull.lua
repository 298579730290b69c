-- Read on in a connection's inbox: ARGV: connection, token, after (stream id), how many, lease in ms.
-- Returns {0} when fenced, else {1, status, now, stream entries, {root, parked, ...} that are due, how many
-- are parked in all, {root, how often it was begun and not ended, ...} at the first pull, when a person last
-- asked for something to be looked at in ms}.
local c = ARGV[1]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return {0} end
local now = now_ms()
redis.call('ZADD', 'ready:in', now + tonumber(ARGV[5]), c)
local entries = redis.call('XRANGE', 'in:' .. c, '(' .. ARGV[3], '+', 'COUNT', ARGV[4])
local begun = ARGV[3] == '0-0' and redis.call('HGETALL', 'begun:' .. c) or {}
local parked = {}
for _, root in ipairs(redis.call('ZRANGEBYSCORE', 'parkdue:' .. c, '-inf', now, 'LIMIT', 0, ARGV[4])) do
  parked[#parked + 1] = root
  parked[#parked + 1] = redis.call('HGET', 'park:' .. c, root) or ''
end
local conn = redis.call('HMGET', 'conn:' .. c, 'status', 'asked')
return {1, conn[1] or '', now, entries, parked, redis.call('HLEN', 'park:' .. c), begun, tonumber(conn[2] or '0')}

#!lua flags=allow-oom
-- Who holds a key, and how often it asked in this window: ARGV: digest, window in ms, how coarse `used` is in ms.
-- Returns {} when nobody does, else now, requests in this window, ms until it ends, fields and values of the key.
local k = redis.call('GET', 'keyof:' .. ARGV[1])
if not k then return {} end
local fields = redis.call('HGETALL', 'key:' .. k)
if #fields == 0 then return {} end
local now = now_ms()
local asked = redis.call('INCR', 'used:' .. k)
if asked == 1 then redis.call('PEXPIRE', 'used:' .. k, ARGV[2]) end
local used = tonumber(redis.call('HGET', 'key:' .. k, 'used') or 0)
if now - used > tonumber(ARGV[3]) then redis.call('HSET', 'key:' .. k, 'used', string.format('%d', now)) end
return {now, asked, redis.call('PTTL', 'used:' .. k), fields}

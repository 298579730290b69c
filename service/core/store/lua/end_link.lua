-- Let go of a set-up link and keep what came of the try, if it is still there: ARGV: link, holder, fields and values.
local key = 'link:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return 0 end
if #ARGV > 2 then redis.call('HSET', key, unpack(ARGV, 3)) end
if redis.call('HGET', key, 'holder') == ARGV[2] then redis.call('HDEL', key, 'holder', 'until') end
return 1

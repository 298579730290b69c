#!lua flags=allow-oom
-- Delete keys and count what was there: ARGV: erasure, the field that counts it, keys...
local gone = 0
for k = 3, #ARGV do gone = gone + redis.call('UNLINK', ARGV[k]) end
if gone > 0 then redis.call('HINCRBY', 'era:' .. ARGV[1], ARGV[2], gone) end
return gone

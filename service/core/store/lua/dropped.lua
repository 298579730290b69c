#!lua flags=allow-oom
-- Bodies that all have received are dropped early: ARGV: connection, how far that was looked at, lifetime
-- of that mark in s, events... Returns how many bodies went.
local gone = 0
for i = 4, #ARGV do
  gone = gone + redis.call('UNLINK', 'ev:' .. ARGV[i])
  redis.call('UNLINK', 'body:' .. ARGV[i])
end
if gone > 0 then redis.call('HINCRBY', 'stat', 'bodies_dropped_early', gone) end
redis.call('SET', 'early:' .. ARGV[1], ARGV[2], 'EX', ARGV[3])
return gone

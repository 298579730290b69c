-- Add to what a replay has to open: ARGV: replay, retention s, items it has by now, items...
-- Sent twice it adds once. Returns how many there are.
local queue = 'rplq:' .. ARGV[1]
if redis.call('LLEN', queue) == tonumber(ARGV[3]) then
  for k = 4, #ARGV do redis.call('RPUSH', queue, ARGV[k]) end
  redis.call('EXPIRE', queue, ARGV[2])
end
return redis.call('LLEN', queue)

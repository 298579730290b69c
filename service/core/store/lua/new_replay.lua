-- Make a replay whose items are there: ARGV: replay, retention s, status, total, done, failed, when made,
--   the dead letters that it sends again.
-- One step: were it listed before its dead letters are marked, one that is quick would settle them first.
local r, status, now = ARGV[1], ARGV[3], now_ms()
if redis.call('HSETNX', 'rpl:' .. r, 'id', r) == 0 then return 0 end
redis.call('HSET', 'rpl:' .. r, 'status', status, 'total', ARGV[4], 'done', ARGV[5], 'failed', ARGV[6],
  'created', ARGV[7])
redis.call('EXPIRE', 'rpl:' .. r, ARGV[2])
redis.call('ZADD', 'rpls', ARGV[7], r)
for k = 8, #ARGV do redis.call('HSET', 'replaying', ARGV[k], r) end
if status == 'running' then
  redis.call('ZADD', 'ready:rpl', now, r)
  ring('rpl', now)
end
return 1

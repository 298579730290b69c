-- Store a replay that has yet to select what it sends: ARGV: replay, retention s, when made, ms until a worker
-- looks at it, what it asks for, where the selection begins, then fields and values of its hash.
-- Returns 1, or 0 when this very call was carried out before.
local r, now = ARGV[1], now_ms()
local key = 'rpl:' .. r
if redis.call('HSETNX', key, 'id', r) == 0 then return 0 end
redis.call('HSET', key, 'status', 'running', 'total', 1, 'done', 0, 'failed', 0, 'created', ARGV[3],
  'selecting', 1, 'cursor', ARGV[6])
if #ARGV > 6 then redis.call('HSET', key, unpack(ARGV, 7)) end
redis.call('EXPIRE', key, ARGV[2])
redis.call('SET', 'rplask:' .. r, ARGV[5], 'EX', ARGV[2])
redis.call('ZADD', 'rpls', ARGV[3], r)
redis.call('ZADD', 'ready:rpl', now + tonumber(ARGV[4]), r)
return 1

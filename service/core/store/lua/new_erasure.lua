-- Put a candidate on the suppress list and make the job that erases it, in one step: nothing of it is stored from
-- now on. ARGV: erasure, connection, hash of the candidate, its remote id, retention in s. Returns the erasure: one
-- that runs already for the candidate, or this; false when there is no such connection.
local e, c, digest = ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', 'conn:' .. c) == 0 then return false end
local have = redis.call('HGET', 'sup:' .. c, digest)
if have and redis.call('HGET', 'era:' .. have, 'status') == 'running' then return have end
local now = now_ms()
redis.call('HSET', 'sup:' .. c, digest, e)
redis.call('HSET', 'era:' .. e, 'id', e, 'c', c, 'digest', digest, 'status', 'running', 'created', string.format('%d', now))
redis.call('SET', 'who:' .. e, ARGV[4], 'EX', ARGV[5])
redis.call('ZADD', 'erasures', now, e)
redis.call('ZADD', 'ready:era', now, e)
ring('era', now)
return e

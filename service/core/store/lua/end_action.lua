#!lua flags=allow-oom
-- End an action: ARGV: connection, lease token, action, result, 1 when the same key may go on, retention in s,
-- how many are listed, whom it was about ('' = as before). Its input is dropped unless it may go on. Returns 1, or 0 when another has the lease.
local c, id = ARGV[1], ARGV[3]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return 0 end
redis.call('SREM', 'actopen:' .. c, id)
if redis.call('EXISTS', 'act:' .. id) == 0 then return 1 end
redis.call('HSET', 'act:' .. id, 'status', 'ended', 'result', ARGV[4], 'again', ARGV[5], 'ended', now_ms())
if ARGV[8] ~= '' then redis.call('HSET', 'act:' .. id, 'subject', ARGV[8]) end
if ARGV[5] ~= '1' then redis.call('HDEL', 'act:' .. id, 'input') end
redis.call('EXPIRE', 'act:' .. id, ARGV[6])
redis.call('ZREMRANGEBYRANK', 'acts:' .. c, 0, -1 - tonumber(ARGV[7]))
redis.call('EXPIRE', 'acts:' .. c, ARGV[6])
return 1

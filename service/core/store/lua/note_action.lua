-- Note how far an action is: ARGV: connection, lease token, action, name, value, ...
-- Returns 1, or 0 when another has the lease or the action is no more.
local c, id = ARGV[1], ARGV[3]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] or redis.call('EXISTS', 'act:' .. id) == 0 then return 0 end
redis.call('HSET', 'act:' .. id, unpack(ARGV, 4))
return 1

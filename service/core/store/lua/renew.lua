#!lua flags=allow-oom
-- Prolong a lease: ARGV: which, id, token, lease in ms. Returns 1, or 0 when another has it now.
local which, id = ARGV[1], ARGV[2]
if redis.call('HGET', 'lease:' .. which, id) ~= ARGV[3] then return 0 end
redis.call('ZADD', 'ready:' .. which, now_ms() + tonumber(ARGV[4]), id)
return 1

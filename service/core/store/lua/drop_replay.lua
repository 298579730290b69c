-- Forget the next of what a canceled replay would have sent: ARGV: replay, how many. Returns how many are left.
local r, queue = ARGV[1], 'rplq:' .. ARGV[1]
if redis.call('HGET', 'rpl:' .. r, 'status') ~= 'canceled' then return 0 end
for _, row in ipairs(redis.call('LPOP', queue, ARGV[2]) or {}) do
  local dead = cjson.decode(row)[3]
  if dead ~= '' and redis.call('HGET', 'replaying', dead) == r then redis.call('HDEL', 'replaying', dead) end
end
return redis.call('LLEN', queue)

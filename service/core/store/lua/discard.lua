-- Forget dead letters, but for those that a replay sends again: ARGV: dead letters. Returns how many went.
local gone = 0
for _, dead in ipairs(ARGV) do
  if redis.call('HEXISTS', 'replaying', dead) == 0 then
    gone = gone + redis.call('DEL', 'dlt:' .. dead)
    redis.call('ZREM', 'dead', dead)
  end
end
return gone

-- Replace a subscriber's secrets, if they are still what they were read as: ARGV: subscriber, before,
-- after. Two rotations at once would else each hide the secret that the other has shown.
local have = redis.call('HGET', 'sub:' .. ARGV[1], 'secrets')
if have ~= ARGV[2] and have ~= ARGV[3] then return 0 end
redis.call('HSET', 'sub:' .. ARGV[1], 'secrets', ARGV[3])
return 1

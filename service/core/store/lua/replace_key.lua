-- Replace a subscriber's Ed25519 key, if it is still what it was read as: ARGV: subscriber, the key
-- before, sealed, the fresh one, sealed, its public half, the old ones. Two rotations at once would else
-- each hide the key that the other has shown.
local key = 'sub:' .. ARGV[1]
local have = redis.call('HGET', key, 'ed25519')
if have ~= ARGV[2] and have ~= ARGV[3] then return 0 end
redis.call('HSET', key, 'ed25519', ARGV[3], 'public_key', ARGV[4], 'ed25519_old', ARGV[5])
return 1

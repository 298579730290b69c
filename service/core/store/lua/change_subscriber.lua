-- Replace what a subscriber asked for: ARGV: subscriber, URL, '1' if that has to prove itself, the reason
-- for the pause meanwhile, Ed25519 key sealed or '', its public half, fields and values of its hash.
-- A new URL is stored and stopped in one step: nothing is sent to it in between. Returns 0 when the
-- subscriber is gone, 1, or 2 when it only waited for a proof that is no longer asked of it.
local key = 'sub:' .. ARGV[1]
local kept = redis.call('HGET', key, 'wanted')
if not kept then return 0 end
local before = cjson.decode(kept)
redis.call('HSET', key, unpack(ARGV, 7))
if ARGV[5] ~= '' and redis.call('HSETNX', key, 'ed25519', ARGV[5]) == 1 then
  redis.call('HSET', key, 'public_key', ARGV[6])
end
if ARGV[3] == '1' then
  if before.challenge ~= true or before.url ~= ARGV[2] then
    redis.call('HSET', key, 'unproven', ARGV[2])
    if redis.call('HGET', key, 'status') == 'active' then stop_subscriber(ARGV[1], 'paused', ARGV[4]) end
  end
  return 1
end
redis.call('HDEL', key, 'unproven')
return redis.call('HGET', key, 'reason') == ARGV[4] and 2 or 1

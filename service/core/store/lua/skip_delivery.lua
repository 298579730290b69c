#!lua flags=allow-oom
-- Give a lane's head up by hand: ARGV: subscriber, delivery, lane, state as a dead letter leaves it, dead letter id,
-- dead letter, event, retention in s. Returns 1, 0 when it is not open, -1 when it waits behind another, -2 when it
-- is in flight. Sent twice, the second finds it settled as it is to be.
local s, id, lane, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local line, now = line_of(s, lane), now_ms()
local have = redis.call('HGET', 'd:' .. line, id)
if not have then return redis.call('GET', 'dlv:' .. id) == state and 1 or 0 end
local due = redis.call('ZSCORE', 'due:' .. line, id)
if not due then return -1 end
if tonumber(due) % 1 ~= 0 and tonumber(due) > now then return -2 end
redis.call('HDEL', 'd:' .. line, id)
redis.call('ZREM', 'due:' .. line, id)
redis.call('ZREM', 'first:' .. s, id)
redis.call('SET', 'dlv:' .. id, state, 'EX', ARGV[8])
local behind = advance(s, lane)
if behind then begin(s, line, now, {behind}) end
bury(ARGV[5], ARGV[6], ARGV[7], ARGV[8], now)
redis.call('HINCRBY', 'stat', 'deliveries_dead', 1)
local open = cjson.decode(have)
if open.replay and open.replay ~= cjson.null then settle_replay(open.replay, open.dlt, 'dead') end
if redis.call('SISMEMBER', 'subs:on', s) == 1 and redis.call('HEXISTS', 'lease:out', s) == 0 then
  redis.call('ZADD', 'ready:out', 'LT', now, s)
end
ring('out', now)
return 1

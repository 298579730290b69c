-- Open replay deliveries: ARGV: replay, retention s, length of the queue as it was read,
--   n opened: subscriber, delivery, lane, state, event, dead letter or '',
--   n skipped (nothing can be sent, they count as failed): dead letter or '',
--   n revived (back in the inbox: they count as done and are no dead letters any more): dead letter.
-- Moves the replay's queue on by all of them. Returns how many were opened, 0 also when this very call
-- was carried out before; -1 when the replay is not running.
local replay, retention = ARGV[1], ARGV[2]
local key = 'rpl:' .. replay
if redis.call('HGET', key, 'status') ~= 'running' then return -1 end
if redis.call('LLEN', 'rplq:' .. replay) ~= tonumber(ARGV[3]) then return 0 end
local now, opened, n = now_ms(), 0, tonumber(ARGV[4])
local function release(first, count)
  for i = first, first + count - 1 do
    if ARGV[i] ~= '' then redis.call('HDEL', 'replaying', ARGV[i]) end
  end
end
local skipped = tonumber(ARGV[5 + n * 6])
local revived = tonumber(ARGV[6 + n * 6 + skipped])
local failed = skipped
release(6 + n * 6, skipped)
release(7 + n * 6 + skipped, revived)
for i = 7 + n * 6 + skipped, 6 + n * 6 + skipped + revived do
  redis.call('DEL', 'dlt:' .. ARGV[i])
  redis.call('ZREM', 'dead', ARGV[i])
end
for i = 5, 4 + n * 6, 6 do
  local s, id, subject, state, event, dead = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  -- Its subscriber may have gone meanwhile, or two dead letters may be of one delivery: what is not
  -- opened is never settled, and would keep the replay from ending.
  if redis.call('EXISTS', 'sub:' .. s) == 1 and open_delivery(s, now, id, subject, state, event, retention) == 1 then
    opened = opened + 1
    if dead ~= '' then redis.call('HSET', 'replaying', dead, replay) end
  else
    failed = failed + 1
    if dead ~= '' then redis.call('HDEL', 'replaying', dead) end
  end
  if redis.call('SISMEMBER', 'subs:on', s) == 1 and redis.call('HEXISTS', 'lease:out', s) == 0 then
    redis.call('ZADD', 'ready:out', 'LT', now, s)
  end
end
redis.call('LTRIM', 'rplq:' .. replay, n + skipped + revived, -1)
if failed > 0 then redis.call('HINCRBY', key, 'failed', failed) end
if revived > 0 then redis.call('HINCRBY', key, 'done', revived) end
paced(key, opened + revived)
end_if_over(key)
ring('out', now)
return opened

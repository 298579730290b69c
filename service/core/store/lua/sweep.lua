#!lua flags=allow-oom
-- Find what no bell told: ARGV: oldest ms to keep. Puts work that lost its place back in line, rings for
-- whatever is due, trims the listings. Returns how many lines it had to put back.
local now, oldest, found = now_ms(), ARGV[1], 0
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  if not redis.call('ZSCORE', 'ready:in', c) then
    local waits = redis.call('EXISTS', 'in:' .. c) == 1 and redis.call('XLEN', 'in:' .. c) > 0
    local parked = redis.call('ZRANGE', 'parkdue:' .. c, 0, 0, 'WITHSCORES')
    local status = redis.call('HGET', 'conn:' .. c, 'status')
    if waits or parked[2] or status ~= 'active' then
      redis.call('HDEL', 'lease:in', c)
      redis.call('ZADD', 'ready:in', (waits or not parked[2]) and now or parked[2], c)
      found = found + 1
    end
  end
end
for _, s in ipairs(redis.call('SMEMBERS', 'subs:on')) do
  if not redis.call('ZSCORE', 'ready:out', s) then
    local look = redis.call('EXISTS', 'news:' .. s) == 1 and now or nil
    for _, line in ipairs({s, s .. ':replay'}) do
      local due = tonumber(redis.call('ZRANGE', 'due:' .. line, 0, 0, 'WITHSCORES')[2])
      if due and (not look or due < look) then look = due end
    end
    if look then
      redis.call('HDEL', 'lease:out', s)
      redis.call('ZADD', 'ready:out', look, s)
      found = found + 1
    end
  end
end
for _, s in ipairs(redis.call('ZRANGE', 'subs', 0, -1)) do
  redis.call('ZREMRANGEBYSCORE', 'dlvs:' .. s, '-inf', oldest)
end
for _, r in ipairs(redis.call('ZREVRANGE', 'rpls', 0, 99)) do
  local have = redis.call('HMGET', 'rpl:' .. r, 'status', 'selecting')
  local lost = have[1] == 'running' and not redis.call('ZSCORE', 'ready:rpl', r)
  if lost and (have[2] == '1' or redis.call('LLEN', 'rplq:' .. r) > 0) then
    redis.call('HDEL', 'lease:rpl', r)
    redis.call('ZADD', 'ready:rpl', now, r)
    found = found + 1
  end
end
if redis.call('SCARD', 'dirty') > 0 then ring('out', now) end
for _, which in ipairs({'in', 'out', 'rpl'}) do
  if redis.call('ZCOUNT', 'ready:' .. which, '-inf', now) > 0 then ring(which, now) end
end
for _, key in ipairs({'dlvs', 'dead', 'rpls'}) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', oldest)
end
redis.call('SET', 'beat', now, 'PX', 60000)
return found

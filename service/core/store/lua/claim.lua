#!lua flags=allow-oom
-- Claim what is due: ARGV: which (in, out, rpl), how many, lease in ms.
-- Returns {now, next look or -1, id, token, id, token, ...}.
local which, want, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_ms()
local ready, leases = 'ready:' .. which, 'lease:' .. which
if which == 'out' then
  -- The log grew: whoever is active has something to read. Written once per look, not per commit.
  local dirty = redis.call('SMEMBERS', 'dirty')
  if #dirty > 0 then
    redis.call('DEL', 'dirty')
    -- Whose breaker is open reads nothing on before its next probe.
    local held = {}
    for _, s in ipairs(redis.call('SMEMBERS', 'held')) do
      held[s] = tonumber(redis.call('HGET', 'sub:' .. s, 'brk_until'))
    end
    for _, s in ipairs(redis.call('SMEMBERS', 'subs:on')) do
      in_pieces(dirty, 1, #dirty, function(...) redis.call('SADD', 'news:' .. s, ...) end)
      if redis.call('HEXISTS', leases, s) == 0 then
        redis.call('ZADD', ready, 'LT', math.max(now, held[s] or now), s)
      end
    end
  end
end
local out = {now, -1}
local due = redis.call('ZRANGEBYSCORE', ready, '-inf', now, 'LIMIT', 0, want)
for _, id in ipairs(due) do
  local token = redis.call('INCR', 'tok')
  redis.call('HSET', leases, id, token)
  redis.call('ZADD', ready, now + lease, id)
  out[#out + 1] = id
  out[#out + 1] = token
end
if #due == 0 then
  -- Only the look that found nothing clears the bell: what comes next rings again.
  redis.call('DEL', 'bell:' .. which)
  local nearest = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
  if nearest[2] then out[2] = tonumber(nearest[2]) end
elseif #due == want then
  -- A full claim: there may be more, and this worker has its hands full.
  redis.call('DEL', 'bell:' .. which)
  ring(which, now)
end
return out

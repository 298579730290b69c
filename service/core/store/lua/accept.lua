-- Take webhooks in: for each, the seen-mark, its inbox entries and the bell in one atomic step.
-- ARGV: seen_s, then per webhook: hook id, connection id, fingerprint, n, n entries.
-- Returns per webhook: 1 accepted, 0 seen before, -1 the hook is gone.
local now = now_ms()
local seen_s, i, out, rung = ARGV[1], 2, {}, false
while i <= #ARGV do
  local hook, c, fp, n = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  if redis.call('GET', 'hook:' .. hook) ~= c then
    out[#out + 1] = -1
  elseif redis.call('SET', 'seen:' .. c .. ':' .. fp, '1', 'EX', seen_s, 'NX') then
    for k = 1, n do
      redis.call('XADD', 'in:' .. c, '*', 'e', ARGV[i + 3 + k])
    end
    if n > 0 then
      -- Rung also for one that is being served: its owner reads on when it is woken.
      if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', 'LT', now, c) end
      rung = true
    end
    -- Who sets a connection up waits for the first.
    redis.call('HSETNX', 'conn:' .. c, 'signed_seen', string.format('%d', now))
    local day = 'led:' .. c .. ':' .. math.floor(now / 86400000)
    if redis.call('HINCRBY', day, 'webhook', 1) == 1 then redis.call('EXPIRE', day, 34560000) end
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
  i = i + 4 + n
end
if rung then ring('in', now) end
return out

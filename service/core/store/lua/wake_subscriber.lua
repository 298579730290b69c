-- Let a subscriber run: ARGV: subscriber, status it gets ('' = unchanged), reason.
-- It reads on from where it stood: every connection may have news.
local s, now = ARGV[1], now_ms()
if redis.call('EXISTS', 'sub:' .. s) == 0 then return 0 end
-- Whoever asks: nothing is sent to a URL that has yet to prove itself.
if redis.call('HEXISTS', 'sub:' .. s, 'unproven') == 1 then return 0 end
if ARGV[2] ~= '' then
  -- What failed before it was stopped is no sign of how it is now.
  if redis.call('HGET', 'sub:' .. s, 'status') ~= ARGV[2] then redis.call('HSET', 'sub:' .. s, 'resumed', now) end
  redis.call('HSET', 'sub:' .. s, 'status', ARGV[2], 'reason', ARGV[3], 'streak', 0, 'bad_from', '', 'try', '',
    'brk', '', 'brk_at', '', 'brk_c', '', 'brk_n', '', 'probe', '')
  redis.call('SREM', 'held', s)
end
if redis.call('HGET', 'sub:' .. s, 'status') ~= 'active' then return 0 end
redis.call('SADD', 'subs:on', s)
local all = redis.call('ZRANGE', 'conns', 0, -1)
in_pieces(all, 1, #all, function(...) redis.call('SADD', 'news:' .. s, ...) end)
if redis.call('HEXISTS', 'lease:out', s) == 0 then redis.call('ZADD', 'ready:out', 'LT', now, s) end
ring('out', now)
return 1

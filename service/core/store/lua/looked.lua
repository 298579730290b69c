-- Note with which activity candidates were looked at last: ARGV: connection, n pairs of candidate, its time in ms.
-- Only of those that are kept: one that was forgotten meanwhile leaves nothing behind.
for i = 2, #ARGV, 2 do
  local key = 'rec:' .. ARGV[1] .. ':candidate:' .. ARGV[i]
  if redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'l', ARGV[i + 1]) end
end
return 1

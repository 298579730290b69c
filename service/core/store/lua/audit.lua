#!lua flags=allow-oom
-- Write down who did what: ARGV: the entry's own id, how long entries are kept in ms, how many at the most, entry.
for _, row in ipairs(redis.call('XREVRANGE', 'audit', '+', '-', 'COUNT', 50)) do
  if row[2][2] == ARGV[1] then return 0 end
end
redis.call('XADD', 'audit', 'MAXLEN', '~', ARGV[3], '*', 'id', ARGV[1], 'entry', ARGV[4])
redis.call('XTRIM', 'audit', 'MINID', '~', string.format('%d', now_ms() - ARGV[2]))
return 1

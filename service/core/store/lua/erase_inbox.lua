#!lua flags=allow-oom
-- Take what names a person out of an inbox: ARGV: erasure, connection, n pairs of stream id, what stays ('' = nothing).
local c, gone = ARGV[2], 0
for k = 3, #ARGV, 2 do
  if redis.call('XDEL', 'in:' .. c, ARGV[k]) == 1 then
    gone = gone + 1
    if ARGV[k + 1] ~= '' then redis.call('XADD', 'in:' .. c, '*', 'e', ARGV[k + 1]) end
  end
end
if gone > 0 then redis.call('HINCRBY', 'era:' .. ARGV[1], 'n:inbox_entries', gone) end
return gone

#!lua flags=allow-oom
-- Take what names a person out of what waits for another try: ARGV: erasure, connection, n triples of root, as it was,
-- what stays ('' = nothing).
local c, gone = ARGV[2], 0
for k = 3, #ARGV, 3 do
  if redis.call('HGET', 'park:' .. c, ARGV[k]) == ARGV[k + 1] then
    gone = gone + 1
    if ARGV[k + 2] ~= '' then redis.call('HSET', 'park:' .. c, ARGV[k], ARGV[k + 2])
    else
      redis.call('HDEL', 'park:' .. c, ARGV[k])
      redis.call('ZREM', 'parkdue:' .. c, ARGV[k])
    end
  end
end
if gone > 0 then redis.call('HINCRBY', 'era:' .. ARGV[1], 'n:parked_entries', gone) end
return gone

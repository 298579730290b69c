-- Keep how far a full read is, unless another was asked for meanwhile: ARGV: connection, when the run
-- began (ms), sync, baseline. Returns 1 kept, 0 it is another run's turn (or the connection is gone).
local key = 'conn:' .. ARGV[1]
if redis.call('EXISTS', key) == 0 then return 0 end
local sync = redis.call('HGET', key, 'sync')
local began = sync and sync ~= '' and cjson.decode(sync).began or tonumber(redis.call('HGET', key, 'baseline_at'))
if string.format('%.0f', began) ~= ARGV[2] then return 0 end
redis.call('HSET', key, 'sync', ARGV[3], 'baseline', ARGV[4])
return 1

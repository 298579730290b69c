-- Keep all the ids that a run put aside, at once: ARGV: connection, run. Returns 1; 0 where some of them
-- collide, or the run does not gather.
local c = ARGV[1]
local run = 'adopting:' .. c
local have = redis.call('HMGET', run, 'id', 'status', 'bad')
if have[1] ~= ARGV[2] or redis.call('EXISTS', 'conn:' .. c) == 0 then return 0 end
if have[2] == 'kept' then return 1 end
if have[2] ~= 'gathering' or have[3] ~= '0' then return 0 end
for _, name in ipairs({'given:' .. c, 'adopted:' .. c}) do
  if redis.call('EXISTS', name .. ':next') == 1 then
    redis.call('RENAME', name .. ':next', name)
    redis.call('PERSIST', name)
  end
end
redis.call('DEL', run .. ':rows')
redis.call('HSET', run, 'status', 'kept')
redis.call('HINCRBY', 'conn:' .. c, 'changed', 1)
return 1

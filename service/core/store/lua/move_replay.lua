-- Change a replay's status: ARGV: replay, status it gets, statuses from which it may come...
-- Returns 1 when it has the status now, else 0.
local key, wanted = 'rpl:' .. ARGV[1], ARGV[2]
local have = redis.call('HGET', key, 'status')
if have == wanted then return 1 end
for i = 3, #ARGV do
  if have == ARGV[i] then
    redis.call('HSET', key, 'status', wanted)
    -- What was open while it paused may all be settled by now: then nothing would end it any more.
    if wanted == 'running' and end_if_over(key) then return 1 end
    return 1
  end
end
return 0

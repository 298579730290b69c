-- Keep how far a reconciliation is, if it is still the connection's: ARGV: connection, id, its record, what it
-- becomes ('running', 'held', 'done', 'canceled'). Returns 1, or 0 when it was ended by somebody else.
local watch = 'watch:' .. ARGV[1]
if redis.call('EXISTS', 'conn:' .. ARGV[1]) == 0 then return 0 end
if redis.call('HGET', watch, 'reconciling') ~= ARGV[2] then return 0 end
redis.call('HSET', 'recon:' .. ARGV[1], ARGV[2], ARGV[3])
if ARGV[4] ~= 'running' then
  redis.call('HDEL', watch, 'reconciling')
  redis.call('DEL', 'recq:' .. ARGV[1])
end
if ARGV[4] == 'held' then redis.call('HSET', watch, 'held', ARGV[2]) end
return 1

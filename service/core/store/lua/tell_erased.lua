-- Tell that a candidate was erased, once: ARGV: erasure, connection, candidate, its hash, version of the snapshot
-- that was seen (0 = none), the event's sequence, event, body, lane, retention in s, how many of the subscribers are to
-- acknowledge it, the subscribers it is for...
-- Returns 1, 0 when it was told before or the connection is gone, -1 when the candidate moved meanwhile.
local era, c, id, event, retention = 'era:' .. ARGV[1], ARGV[2], ARGV[3], ARGV[7], ARGV[10]
if redis.call('EXISTS', 'conn:' .. c) == 0 or redis.call('HEXISTS', era, 'event_id') == 1 then return 0 end
local rec = 'rec:' .. c .. ':candidate:' .. id
if (redis.call('HGET', rec, 'v') or '0') ~= ARGV[5] then return -1 end
if ARGV[5] ~= '0' then redis.call('HSET', rec, 'q', ARGV[6]) end
redis.call('HSET', 'left:' .. c, ARGV[4], ARGV[6])
local told = {}
for k = 12, #ARGV do
  if #told < tonumber(ARGV[11]) then told[#told + 1] = ARGV[k] end
  redis.call('SADD', 'told:' .. event, ARGV[k])
end
redis.call('EXPIRE', 'told:' .. event, retention)
redis.call('SET', 'ev:' .. event, ARGV[8], 'EX', retention)
redis.call('XADD', 'log:' .. c, '*', 'e', event, 't', 'candidate.erased', 's', ARGV[9], 'm', 'candidate', 'r', id)
redis.call('HSET', era, 'event_id', event, 'told', #told > 0 and cjson.encode(told) or '[]')
redis.call('SADD', 'dirty', c)
ring('out', now_ms())
return 1

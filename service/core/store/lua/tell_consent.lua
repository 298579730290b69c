-- Tell that a consent ends soon, and remember it in the same step: ARGV: connection, candidate, its hash, version of the
-- snapshot that was seen, the event's sequence, event, body, lane, retention in s, when it ends in ms and days it is
-- told for as `ends:days`.
-- Returns 1, 0 when that has been told, -1 when the candidate moved meanwhile or is to stay out.
local c, id, said = ARGV[1], ARGV[2], ARGV[10]
local rec = 'rec:' .. c .. ':candidate:' .. id
if redis.call('HGET', 'warned:' .. c, id) == said then return 0 end
if redis.call('HEXISTS', 'sup:' .. c, ARGV[3]) == 1 or redis.call('HGET', rec, 'v') ~= ARGV[4] then return -1 end
if redis.call('ZSCORE', 'consent:' .. c, id) ~= string.match(said, '^%d+') then return -1 end
redis.call('HSET', 'warned:' .. c, id, said)
redis.call('HSET', rec, 'v', string.format('%d', ARGV[4] + 1), 'q', ARGV[5])
redis.call('SET', 'ev:' .. ARGV[6], ARGV[7], 'EX', ARGV[9])
redis.call('XADD', 'log:' .. c, '*', 'e', ARGV[6], 't', 'candidate.consent_expiring', 's', ARGV[8], 'm', 'candidate', 'r', id)
redis.call('RPUSH', 'tl:' .. c .. ':candidate:' .. id, ARGV[6])
redis.call('EXPIRE', 'tl:' .. c .. ':candidate:' .. id, ARGV[9])
redis.call('SADD', 'dirty', c)
ring('out', now_ms())
return 1

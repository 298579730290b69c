-- Begin to take ids along: ARGV: connection, run, how long it may take in s.
-- What was taken along before is copied, so that what is gathered is checked against it and all of it can be
-- put in its place at once. Returns 1, or 0 where another run gathers or there is no such connection.
local c = ARGV[1]
local run = 'adopting:' .. c
if redis.call('EXISTS', 'conn:' .. c) == 0 then return 0 end
local have = redis.call('HMGET', run, 'id', 'status')
if have[1] == ARGV[2] then return 1 end
if have[2] == 'gathering' then return 0 end
redis.call('DEL', run, run .. ':rows', 'given:' .. c .. ':next', 'adopted:' .. c .. ':next')
redis.call('COPY', 'given:' .. c, 'given:' .. c .. ':next')
redis.call('COPY', 'adopted:' .. c, 'adopted:' .. c .. ':next')
redis.call('HSET', run, 'id', ARGV[2], 'status', 'gathering', 'rows', 0, 'new', 0, 'same', 0, 'bad', 0, 'upto', 0)
redis.call('EXPIRE', run, ARGV[3])
redis.call('EXPIRE', 'given:' .. c .. ':next', ARGV[3])
redis.call('EXPIRE', 'adopted:' .. c .. ':next', ARGV[3])
return 1

-- Take an action in: ARGV: connection, action, name of its key ('' = none), fingerprint of what it asks for,
-- how many may be open, how long a key is kept in s, inbox entry, then what is kept of it (name, value, ...).
-- Returns {what, action}: 0 new, 1 there is one under this key, 2 that one goes on where it stood, -1 no such
-- connection, -2 the key stands for something else, -3 too many are open.
local c, id, key, print = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('EXISTS', 'conn:' .. c) == 0 then return {-1, id} end
local now, what = now_ms(), 0
local named = 'actkey:' .. c .. ':' .. key
if key ~= '' then
  local known = redis.call('GET', named)
  local before = known and redis.call('HGET', 'act:' .. known, 'print')
  if before then
    if before ~= print then return {-2, known} end
    if redis.call('HGET', 'act:' .. known, 'again') ~= '1' then return {1, known} end
    id, what = known, 2
  end
end
-- Sent twice because a reply was lost, it is the same action.
if what == 0 and redis.call('EXISTS', 'act:' .. id) == 1 then return {0, id} end
if redis.call('SCARD', 'actopen:' .. c) >= tonumber(ARGV[5]) then return {-3, id} end
redis.call('HSET', 'act:' .. id, 'id', id, 'print', print, 'status', 'open', unpack(ARGV, 8))
redis.call('HDEL', 'act:' .. id, 'again', 'result', 'ended')
redis.call('HINCRBY', 'act:' .. id, 'turn', 1)
redis.call('HSET', 'act:' .. id, 'begun', now)
if what == 0 then redis.call('HSET', 'act:' .. id, 'at', now) end
redis.call('PERSIST', 'act:' .. id)
redis.call('SADD', 'actopen:' .. c, id)
redis.call('ZADD', 'acts:' .. c, now, id)
if key ~= '' then redis.call('SET', named, id, 'EX', ARGV[6]) end
-- The entry names the action; ids have no letter that a pattern would take for something else.
redis.call('XADD', 'in:' .. c, '*', 'e', (string.gsub(ARGV[7], ARGV[2], id)))
if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', 'LT', now, c) end
ring('in', now)
return {what, id}

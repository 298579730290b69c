-- Put a root's entries aside for another try: ARGV: connection, token, root, delay in ms ('' = clear), parked
-- entries, dead letter id or '', dead letter, retention in s, n acks, stream ids, hash of the candidate the root
-- is about ('' = none): of one who is to stay out nothing is put aside.
-- Returns -1 when fenced, else when it is due in ms (0 when it was buried).
local c, root = ARGV[1], ARGV[3]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return -1 end
redis.call('HDEL', 'begun:' .. c, root)
local now, due, acks = now_ms(), 0, tonumber(ARGV[9])
local person = ARGV[10 + acks] or ''
local barred = person ~= '' and redis.call('HEXISTS', 'sup:' .. c, person) == 1
if ARGV[6] ~= '' and not barred then
  redis.call('SET', 'dlt:' .. ARGV[6], ARGV[7], 'EX', ARGV[8])
  redis.call('ZADD', 'dead', now, ARGV[6])
end
if ARGV[4] == '' or barred then
  redis.call('HDEL', 'park:' .. c, root)
  redis.call('ZREM', 'parkdue:' .. c, root)
else
  due = now + tonumber(ARGV[4])
  redis.call('HSET', 'park:' .. c, root, ARGV[5])
  redis.call('ZADD', 'parkdue:' .. c, due, root)
end
in_pieces(ARGV, 10, 9 + acks, function(...) redis.call('XDEL', 'in:' .. c, ...) end)
return due

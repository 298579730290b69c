-- Forget records as if they had never been seen: ARGV: connection, n pairs of model, id.
-- Their timelines go with them; events that were told stay until their retention.
local c = ARGV[1]
for i = 2, #ARGV, 2 do
  local m, id = ARGV[i], ARGV[i + 1]
  local key = 'rec:' .. c .. ':' .. m .. ':' .. id
  local fields = redis.call('HGET', key, 'f')
  local uid = fields and cjson.decode(fields).id
  if uid then redis.call('HDEL', 'uid:' .. c .. ':' .. m, uid) end
  redis.call('DEL', key, 'tl:' .. c .. ':' .. m .. ':' .. id, 'kids:' .. c .. ':' .. m .. ':' .. id)
  redis.call('ZREM', 'ix:' .. c .. ':' .. m, id)
end
return 1

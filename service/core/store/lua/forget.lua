-- Forget records as if they had never been seen: ARGV: connection, n times model, id, the hash under which
-- its last sequence is kept ('' = it never comes back), unified id.
-- Their timelines go with them; events that were told stay until their retention.
local c = ARGV[1]
-- Pages that were made before show what is gone.
if redis.call('EXISTS', 'conn:' .. c) == 1 then redis.call('HINCRBY', 'conn:' .. c, 'changed', 1) end
for i = 2, #ARGV, 4 do
  local m, id = ARGV[i], ARGV[i + 1]
  local key = 'rec:' .. c .. ':' .. m .. ':' .. id
  local q = redis.call('HGET', key, 'q')
  redis.call('HDEL', 'uid:' .. c .. ':' .. m, ARGV[i + 3])
  -- Were it seen again, numbers that were given before would name other events.
  if ARGV[i + 2] ~= '' and tonumber(q or 0) > 0 then redis.call('HSET', 'left:' .. c, ARGV[i + 2], q) end
  -- What another vendor called it leads to it, too.
  for _, run in ipairs({'', ':next'}) do
    local taken = redis.call('HGET', 'given:' .. c .. run, ARGV[i + 3])
    redis.call('HDEL', 'given:' .. c .. run, ARGV[i + 3])
    if taken then redis.call('HDEL', 'adopted:' .. c .. run, m .. ':' .. taken) end
  end
  redis.call('DEL', key, 'tl:' .. c .. ':' .. m .. ':' .. id, 'kids:' .. c .. ':' .. m .. ':' .. id)
  redis.call('ZREM', 'ix:' .. c .. ':' .. m, id)
  if m == 'candidate' then
    redis.call('ZREM', 'consent:' .. c, id)
    redis.call('HDEL', 'warned:' .. c, id)
  end
end
return 1

-- Have a reader's roots looked at, each at most once a moment: ARGV: connection, ms for which a look stands for
-- others, window in s, how many looks readers may have in it, n times root, inbox entry.
-- Returns {now in ms, inbox entry that stands for the root or '' where there is none, ...}.
local c, now = ARGV[1], now_ms()
local out, added = {now}, false
local active = redis.call('HGET', 'conn:' .. c, 'status') == 'active'
local function look(root, entry)
  local mark = 'looking:' .. c .. ':' .. root
  local id = redis.call('GET', mark)
  if id then return id end
  if not active then return '' end
  local used = redis.call('INCR', 'looks:' .. c)
  if used == 1 then redis.call('EXPIRE', 'looks:' .. c, ARGV[3]) end
  if used > tonumber(ARGV[4]) then return '' end
  id = redis.call('XADD', 'in:' .. c, '*', 'e', entry)
  redis.call('SET', mark, id, 'PX', ARGV[2])
  added = true
  return id
end
for k = 5, #ARGV, 2 do out[#out + 1] = look(ARGV[k], ARGV[k + 1]) end
if added then
  if redis.call('HEXISTS', 'lease:in', c) == 0 then redis.call('ZADD', 'ready:in', 'LT', now, c) end
  ring('in', now)
end
return out

-- Add what a replay's selection found: ARGV: replay, retention s, cursor from which it looked, cursor where it
-- stands now, 1 when it has ended, then per item: the item, its dead letter or ''.
-- A dead letter is left out that another replay sends again, or that is gone by now.
-- Returns how many were taken; 0 also when the cursor has moved since, -1 when the replay does not select.
local r, key = ARGV[1], 'rpl:' .. ARGV[1]
local have = redis.call('HMGET', key, 'status', 'selecting', 'cursor')
if have[1] ~= 'running' or have[2] ~= '1' then return -1 end
if have[3] ~= ARGV[3] then return 0 end
local rows = {}
for i = 6, #ARGV, 2 do
  local dead = ARGV[i + 1]
  if dead == '' or (redis.call('EXISTS', 'dlt:' .. dead) == 1 and redis.call('HSETNX', 'replaying', dead, r) == 1) then
    rows[#rows + 1] = ARGV[i]
  end
end
local taken = #rows
in_pieces(rows, 1, taken, function(...) redis.call('RPUSH', 'rplq:' .. r, ...) end)
if taken > 0 then redis.call('EXPIRE', 'rplq:' .. r, ARGV[2]) end
redis.call('HSET', key, 'cursor', ARGV[4])
redis.call('HINCRBY', key, 'total', taken)
if ARGV[5] == '1' then
  redis.call('HSET', key, 'selecting', 0)
  redis.call('HINCRBY', key, 'total', -1)
  if end_if_over(key) then redis.call('ZREM', 'ready:rpl', r) end
end
return taken

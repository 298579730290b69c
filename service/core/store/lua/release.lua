#!lua flags=allow-oom
-- Hand a connection's inbox back: ARGV: connection, token, 1 to look again at once (if anything waits),
-- and ms after which to look at the latest ('' = only when something rings).
-- Returns the ms until it is to be looked at again; -1 when nothing waits (or another has it by now).
local c = ARGV[1]
if redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return -1 end
redis.call('HDEL', 'lease:in', c)
local now, due = now_ms(), -1
if ARGV[3] == '1' and redis.call('XLEN', 'in:' .. c) > 0 then
  due = now
elseif ARGV[3] == '1' then
  local nearest = redis.call('ZRANGE', 'parkdue:' .. c, 0, 0, 'WITHSCORES')
  due = tonumber(nearest[2] or -1)
end
if ARGV[4] ~= '' then
  local latest = now + tonumber(ARGV[4])
  due = due < 0 and latest or math.min(due, latest)
end
if due < 0 then
  redis.call('ZREM', 'ready:in', c)
  return -1
end
redis.call('ZADD', 'ready:in', due, c)
-- Who hands it back may be about to end.
if due <= now then ring('in', now) end
return math.max(0, due - now)

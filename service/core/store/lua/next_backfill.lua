-- What a backfill may open next: ARGV: replay, how many, how many of its deliveries may be due, how many open,
-- s for which a body is kept that was received.
-- Returns {1 when it runs, 1 when it selects, length of its queue, ms to wait (0: go on), items...}.
-- Its deliveries stand in the lanes of live ones, so that none comes after a newer live event; few at a time,
-- so that live ones pass.
local r, key = ARGV[1], 'rpl:' .. ARGV[1]
local have = redis.call('HMGET', key, 'status', 'selecting', 'subscriber')
local s, open, length = have[3], 'rplo:' .. r, redis.call('LLEN', 'rplq:' .. r)
local standing = redis.call('HGETALL', open)
local left = #standing / 2
for i = 1, #standing, 2 do
  if redis.call('HEXISTS', 'd:' .. s, standing[i]) == 0 then
    redis.call('HDEL', open, standing[i])
    left = left - 1
    local kept = redis.call('GET', 'dlv:' .. standing[i])
    -- No log has it: the record itself can be sent again at any time.
    if kept and cjson.decode(kept).status == 'delivered' then
      redis.call('EXPIRE', 'ev:' .. standing[i + 1], ARGV[5], 'LT')
    end
  end
end
local out = {have[1] == 'running' and 1 or 0, have[2] == '1' and 1 or 0, length, 0}
if out[1] == 0 or length == 0 then return out end
local due = redis.call('ZCOUNT', 'due:' .. s, '-inf', now_ms())
local want = math.min(tonumber(ARGV[2]), tonumber(ARGV[3]) - due, tonumber(ARGV[4]) - left)
if want < 1 then
  -- Soon there is room again, unless what stands there waits for a subscriber that fails or is paused.
  local moves = left < tonumber(ARGV[4]) and redis.call('SISMEMBER', 'subs:on', s) == 1
  out[4] = moves and 50 or 1000
  return out
end
local p = pace(key)
if p then
  want = math.min(want, math.floor(p.spare / p.each + 0.001))
  if want < 1 then
    out[4] = math.max(1, math.ceil((p.each - p.spare) / 1000))
    return out
  end
end
for _, row in ipairs(redis.call('LRANGE', 'rplq:' .. r, 0, want - 1)) do out[#out + 1] = row end
return out

-- What a replay may open next: ARGV: replay, how many, then how many deliveries of a subscriber's replays may
-- be due, and how many open; at a rate no more are due than leave in a second.
-- Returns {1 when it runs, 1 when it selects, length of its queue, ms to wait (0: go on), items...}.
local r, key = ARGV[1], 'rpl:' .. ARGV[1]
local have = redis.call('HMGET', key, 'status', 'selecting', 'rate')
local length = redis.call('LLEN', 'rplq:' .. r)
local out = {have[1] == 'running' and 1 or 0, have[2] == '1' and 1 or 0, length, 0}
if out[1] == 0 or length == 0 then return out end
local want, most = tonumber(ARGV[2]), tonumber(ARGV[3])
local p = pace(key)
if p then
  want = math.min(want, math.floor(p.spare / p.each + 0.001))
  most = math.min(most, math.max(1, tonumber(have[3])))
  if want < 1 then
    out[4] = math.max(1, math.ceil((p.each - p.spare) / 1000))
    return out
  end
end
local rows, lines, room, wait = redis.call('LRANGE', 'rplq:' .. r, 0, want - 1), {}, false, 1000
local now = now_ms()
for _, row in ipairs(rows) do
  local s = cjson.decode(row)[2]
  if lines[s] == nil then
    local line = s .. ':replay'
    lines[s] = redis.call('ZCOUNT', 'due:' .. line, '-inf', now) < most
      and redis.call('HLEN', 'd:' .. line) < tonumber(ARGV[4])
    if redis.call('SISMEMBER', 'subs:on', s) == 1 then wait = 100 end
  end
  room = room or lines[s]
end
-- Whoever has no room delays nobody: only when all that come next are full, the replay waits.
if not room then
  out[4] = wait
  return out
end
for _, row in ipairs(rows) do out[#out + 1] = row end
return out

-- How a subscriber is: ARGV: subscriber, how many blocked lanes to name.
-- Returns {now, fields of its hash, ms of its last attempts, open, replays open, commit time of the oldest open
--   head or 0, {connection, position, first entry not read or '', entries not read, ...}, blocked lanes: {delivery,
--   lane, due, how many wait behind, state, ...}}.
-- Of an open state only two numbers are looked for: it may hold every answer to its attempts.
local s, most, now = ARGV[1], tonumber(ARGV[2]), now_ms()
local oldest, blocked = 0, {}
for _, line in ipairs({s, s .. ':replay'}) do
  local due = redis.call('ZRANGE', 'due:' .. line, 0, -1, 'WITHSCORES')
  for k = 1, #due, 2 do
    local state = redis.call('HGET', 'd:' .. line, due[k]) or ''
    local since = tonumber(string.match(state, '[{,]"ct":(%d+)') or string.match(state, '[{,]"at":(%d+)') or now)
    if oldest == 0 or since < oldest then oldest = since end
    local lane = string.match(state, '[{,]"lane":"([^"]*)"') or ''
    local behind = redis.call('LLEN', 'wait:' .. s .. ':' .. lane)
    if behind > 0 and (string.match(state, '[{,]"n":(%d+)') or '0') ~= '0' then
      blocked[#blocked + 1] = {since, due[k], lane, due[k + 1], behind, state}
    end
  end
end
table.sort(blocked, function(a, b) return a[1] < b[1] end)
local named = {}
for k = 1, math.min(most, #blocked) do
  for part = 2, 6 do named[#named + 1] = blocked[k][part] end
end
local unread = {}
-- Who is not active is not told of news.
local on = redis.call('SISMEMBER', 'subs:on', s) == 1
for _, c in ipairs(on and redis.call('SMEMBERS', 'news:' .. s) or redis.call('ZRANGE', 'conns', 0, -1)) do
  local at = redis.call('HGET', 'pos:' .. s, c) or '0-0'
  local rows = redis.call('XRANGE', 'log:' .. c, '(' .. at, '+', 'COUNT', 1001)
  if #rows > 0 then
    unread[#unread + 1] = c
    unread[#unread + 1] = at
    unread[#unread + 1] = rows[1][1]
    unread[#unread + 1] = #rows
  end
end
local fields = redis.call('HMGET', 'sub:' .. s, 'status', 'streak', 'ok_at', 'bad_from', 'brk', 'brk_at', 'brk_until',
  'brk_n', 'ramp')
for k = 1, #fields do fields[k] = fields[k] or '' end
return {now, fields, redis.call('LRANGE', 'took:' .. s, 0, -1), redis.call('HLEN', 'd:' .. s),
  redis.call('HLEN', 'd:' .. s .. ':replay'), oldest, unread, named}

-- Find whose consent ends within so many days and was not told of yet: ARGV: connection, how many were looked at
-- before, how many to look at now, days...
-- Returns {how many were looked at, candidate, when it ends in ms, days it is told for, ...}. Of several periods that
-- have begun the shortest counts: whoever hears that seven days are left has no use for the thirty.
local c, day, now, days = ARGV[1], 86400000, now_ms(), {}
for k = 4, #ARGV do days[#days + 1] = tonumber(ARGV[k]) end
table.sort(days)
if #days == 0 then return {0} end
local rows = redis.call('ZRANGEBYSCORE', 'consent:' .. c, now, now + days[#days] * day, 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3])
local out = {#rows / 2}
for k = 1, #rows, 2 do
  local ends, due = tonumber(rows[k + 1]), nil
  for i = #days, 1, -1 do
    if ends - days[i] * day <= now then due = days[i] end
  end
  local said_ends, said_days = string.match(redis.call('HGET', 'warned:' .. c, rows[k]) or '', '^(%d+):(%d+)$')
  local told = said_ends and tonumber(said_ends) == ends and tonumber(said_days) <= due
  if due and not told then
    out[#out + 1] = rows[k]
    out[#out + 1] = ends
    out[#out + 1] = due
  end
end
return out

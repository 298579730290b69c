-- Find a subject's events in a log: ARGV: connection, position after which to look, how many entries, the subject's lane.
-- Returns {where it looked up to, '' at the end; event, type, model, record, ...}.
local rows = redis.call('XRANGE', 'log:' .. ARGV[1], '(' .. ARGV[2], '+', 'COUNT', ARGV[3])
local out = {''}
for _, row in ipairs(rows) do
  local f = {}
  for k = 1, #row[2], 2 do f[row[2][k]] = row[2][k + 1] end
  if f.s == ARGV[4] then
    for _, name in ipairs({'e', 't', 'm', 'r'}) do out[#out + 1] = f[name] end
  end
end
if #rows == tonumber(ARGV[3]) then out[1] = rows[#rows][1] end
return out

-- Which records live and were not seen in a pass: ARGV: connection, model, number of the pass, cursor.
-- Returns {next cursor, {remote ids}}.
local found = redis.call('ZSCAN', 'ix:' .. ARGV[1] .. ':' .. ARGV[2], ARGV[4], 'COUNT', 500)
local gone = {}
for i = 1, #found[2], 2 do
  local have = redis.call('HMGET', 'rec:' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. found[2][i], 'd', 'p')
  if have[1] == '0' and have[2] ~= ARGV[3] then gone[#gone + 1] = found[2][i] end
end
return {found[1], gone}

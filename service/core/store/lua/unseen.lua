-- Which records live and were not seen in a pass: ARGV: connection, model, number of the pass, when it began in
-- ms, number of the last whole pass before it, cursor. Whatever was committed since it began was seen otherwise.
-- Returns {next cursor, {remote id, in how many whole passes in a row it was not seen, ...}}.
local index, record = 'ix:' .. ARGV[1] .. ':' .. ARGV[2], 'rec:' .. ARGV[1] .. ':' .. ARGV[2] .. ':'
local found = redis.call('ZSCAN', index, ARGV[6], 'COUNT', 500)
local gone, pass = {}, ARGV[3] .. ':'
for i = 1, #found[2], 2 do
  local have = redis.call('HMGET', record .. found[2][i], 'd', 'p', 'a')
  local seen = have[2] and have[2]:sub(1, #pass) == pass
  if have[1] == '0' and not seen and tonumber(found[2][i + 1]) < tonumber(ARGV[4]) then
    local last, times = (have[3] or ''):match('^(%d+):(%d+)$')
    if last ~= ARGV[3] then
      times = last == ARGV[5] and times + 1 or 1
      redis.call('HSET', record .. found[2][i], 'a', pass .. string.format('%d', times))
    end
    gone[#gone + 1] = found[2][i]
    gone[#gone + 1] = tonumber(times)
  end
end
return {found[1], gone}

-- Mark records as seen in a pass: ARGV: connection, model, number of the pass, remote ids.
-- Only those that are known. Returns how many of them had been seen in this pass before.
local again = 0
for i = 4, #ARGV do
  local key = 'rec:' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[i]
  local have = redis.call('HMGET', key, 'v', 'p')
  if have[1] then
    if have[2] == ARGV[3] then again = again + 1 end
    redis.call('HSET', key, 'p', ARGV[3])
  end
end
return again

-- Mark records as seen in a pass: ARGV: connection, model, number of the pass, where the page stands, remote ids.
-- Only those that are known. Returns how many of them had been seen in this pass before, on another page: to
-- read the very same page again is no sign of anything.
local again = 0
local pass, here = ARGV[3] .. ':', ARGV[3] .. ':' .. ARGV[4]
for i = 5, #ARGV do
  local key = 'rec:' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[i]
  local have = redis.call('HMGET', key, 'v', 'p')
  if have[1] then
    if have[2] and have[2] ~= here and have[2]:sub(1, #pass) == pass then again = again + 1 end
    redis.call('HSET', key, 'p', here)
  end
end
return again

-- Which of these a subscriber has not received: ARGV: event, subscriber, tag of its deliveries, ...
-- Returns 1 or 0 for each. One that is open and was not tried yet is on its way, and so not missing.
local out = {}
local function has(event, s, tag)
  for _, d in ipairs(redis.call('SMEMBERS', 'evd:' .. event)) do
    if string.sub(d, 5, 10) == tag then
      local open = redis.call('HGET', 'd:' .. s, d) or redis.call('HGET', 'd:' .. s .. ':replay', d)
      local kept = not open and redis.call('GET', 'dlv:' .. d)
      if open and cjson.decode(open).n == 0 then return true end
      if kept and cjson.decode(kept).status == 'delivered' then return true end
    end
  end
  return false
end
for i = 1, #ARGV, 3 do out[#out + 1] = has(ARGV[i], ARGV[i + 1], ARGV[i + 2]) and 0 or 1 end
return out

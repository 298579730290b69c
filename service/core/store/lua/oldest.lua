-- Read a sorted set oldest first: ARGV: key, how many, the member after which to go on ('' = from the
-- beginning), its score. Returns {member, score, ...}. Members of one score go by their bytes; one that is
-- gone, or was put in anew, is still known by where it stood.
local key, after, score, start = ARGV[1], ARGV[3], ARGV[4], 0
-- Not Lua's `<`: that goes by the locale, a sorted set does not.
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
if after ~= '' then
  start = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local last = start + redis.call('ZCOUNT', key, score, score)
  while start < last do
    local middle = math.floor((start + last) / 2)
    local at = redis.call('ZRANGE', key, middle, middle)[1]
    if at == after or before(at, after) then start = middle + 1 else last = middle end
  end
end
return redis.call('ZRANGE', key, start, start + ARGV[2] - 1, 'WITHSCORES')

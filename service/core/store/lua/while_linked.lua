-- Run commands on keys of a connection, unless it was unlinked meanwhile: of that nothing is to be left behind.
-- ARGV: connection, then per command: how many parts it has, its parts. Returns the replies, none if unlinked.
if redis.call('EXISTS', 'conn:' .. ARGV[1]) == 0 then return {} end
local i, out = 2, {}
while i <= #ARGV do
  local parts = tonumber(ARGV[i])
  out[#out + 1] = redis.call(unpack(ARGV, i + 1, i + parts))
  i = i + parts + 1
end
return out

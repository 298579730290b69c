-- Let no request of a connection leave for a while: ARGV: connection, ms.
local t = redis.call('TIME')
local until_us = t[1] * 1000000 + t[2] + tonumber(ARGV[2]) * 1000
local free = tonumber(redis.call('GET', 'rate:' .. ARGV[1]) or '0')
if until_us > free then
  redis.call('SET', 'rate:' .. ARGV[1], string.format('%.0f', until_us), 'PX', tonumber(ARGV[2]) + 1000)
end
return 1

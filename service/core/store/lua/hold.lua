-- Let no request of a connection leave for a while: ARGV: connection, ms, what a burst may run ahead, in us.
local t = redis.call('TIME')
local until_us = t[1] * 1000000 + t[2] + tonumber(ARGV[2]) * 1000 + tonumber(ARGV[3])
local free = tonumber(redis.call('GET', 'rate:' .. ARGV[1]) or '0')
if until_us > free then
  redis.call('SET', 'rate:' .. ARGV[1], string.format('%.0f', until_us), 'PX', tonumber(ARGV[2]) + math.ceil(tonumber(ARGV[3]) / 1000) + 1000)
end
return 1

-- Read a sorted set newest first: ARGV: key, how many, the member after which to go on ('' = from the
-- newest), its score. Returns {member, score, ...}. Members of one score keep their order; a member that
-- is gone, or was put in anew, is still known by where it stood.
local key, after, score, start = ARGV[1], ARGV[3], ARGV[4], 0
if after ~= '' then
  local have = redis.call('ZSCORE', key, after)
  if have and tonumber(have) == tonumber(score) then
    start = redis.call('ZREVRANK', key, after) + 1
  else
    start = redis.call('ZCOUNT', key, '(' .. score, '+inf')
    for _, tied in ipairs(redis.call('ZREVRANGEBYSCORE', key, score, score)) do
      if tied > after then start = start + 1 end
    end
  end
end
return redis.call('ZREVRANGE', key, start, start + ARGV[2] - 1, 'WITHSCORES')

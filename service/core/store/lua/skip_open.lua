#!lua flags=allow-oom
-- Settle open deliveries of a subscriber as skipped, lane by lane: ARGV: subscriber, how many at the least if there
-- are as many, retention in s. Returns how many, 0 when none is left, then those of erasures by their events.
-- What is in flight goes too: how that ends is of no account then.
local s, most, count, erasures = ARGV[1], tonumber(ARGV[2]), 0, {}
local function skip(lane, id)
  local line = line_of(s, lane)
  local have = redis.call('HGET', 'd:' .. line, id)
  if not have then return end
  redis.call('HDEL', 'd:' .. line, id)
  redis.call('ZREM', 'due:' .. line, id)
  redis.call('ZREM', 'first:' .. s, id)
  -- An open one says nothing of its status.
  local state = string.gsub(have, '}%s*$', ',"status":"skipped"}')
  redis.call('SET', 'dlv:' .. id, state, 'EX', ARGV[3])
  local open = cjson.decode(have)
  if open.replay and open.replay ~= cjson.null then settle_replay(open.replay, open.dlt, 'dead') end
  if open.t == 'candidate.erased' then erasures[#erasures + 1] = open.e end
  count = count + 1
end
local cursor = '0'
repeat
  local found = redis.call('HSCAN', 'lane:' .. s, cursor, 'COUNT', 100)
  cursor = found[1]
  for k = 1, #found[2], 2 do
    local lane = found[2][k]
    if count < most then
      skip(lane, found[2][k + 1])
      for _, id in ipairs(redis.call('LRANGE', 'wait:' .. s .. ':' .. lane, 0, -1)) do skip(lane, id) end
      redis.call('UNLINK', 'wait:' .. s .. ':' .. lane)
      redis.call('HDEL', 'lane:' .. s, lane)
    end
  end
until cursor == '0' or count >= most
if count > 0 then redis.call('HINCRBY', 'stat', 'deliveries_skipped', count) end
return {count, unpack(erasures)}

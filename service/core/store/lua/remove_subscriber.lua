#!lua flags=allow-oom
-- Forget a subscriber with its positions and open deliveries: ARGV: subscriber. One step, so that nobody
-- opens or settles in between; whoever is at it is fenced.
local s = ARGV[1]
redis.call('HDEL', 'lease:out', s)
redis.call('ZREM', 'ready:out', s)
redis.call('ZREM', 'subs', s)
redis.call('SREM', 'subs:on', s)
redis.call('SREM', 'held', s)
for _, line in ipairs({s, s .. ':replay'}) do
  for _, state in ipairs(redis.call('HVALS', 'd:' .. line)) do
    local open = cjson.decode(state)
    -- A replay that waits for it would never end, nor its dead letter ever be free again.
    if open.replay and open.replay ~= cjson.null then settle_replay(open.replay, open.dlt, 'dead') end
  end
  redis.call('UNLINK', 'd:' .. line, 'due:' .. line)
end
for _, subject in ipairs(redis.call('HKEYS', 'lane:' .. s)) do
  redis.call('UNLINK', 'wait:' .. s .. ':' .. subject)
end
redis.call('UNLINK', 'sub:' .. s, 'pos:' .. s, 'news:' .. s, 'lane:' .. s, 'dlvs:' .. s, 'first:' .. s,
  'took:' .. s, 'gave:' .. s, 'ahead:' .. s)
return 1

-- Open a backfill's deliveries: ARGV: replay, retention s, length of the queue as it was read, subscriber,
--   then per item: delivery ('' = there is nothing to send any more), lane, state, event, body, connection,
--   model, remote id, version of the record that the body shows, live delivery of the record's last event.
-- It stops at the first record that has another version by now: that is to be rendered again.
-- Returns by how many items the queue moved on; -1 when the replay is not running.
local replay, retention, s = ARGV[1], ARGV[2], ARGV[4]
local key = 'rpl:' .. replay
local have = redis.call('HMGET', key, 'status', 'created')
if have[1] ~= 'running' then return -1 end
if redis.call('LLEN', 'rplq:' .. replay) ~= tonumber(ARGV[3]) then return 0 end
local now, moved, opened, done, failed = now_ms(), 0, 0, 0, 0
local alive = redis.call('EXISTS', 'sub:' .. s) == 1

-- The live event of this very state: open, or received since the backfill began.
local function told(live)
  if redis.call('HEXISTS', 'd:' .. s, live) == 1 then return true end
  local kept = redis.call('GET', 'dlv:' .. live)
  kept = kept and cjson.decode(kept)
  return kept and kept.status == 'delivered' and kept.at >= tonumber(have[2])
end

for i = 5, #ARGV, 10 do
  local id, lane, state, event, body = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if id ~= '' then
    local record = 'rec:' .. ARGV[i + 5] .. ':' .. ARGV[i + 6] .. ':' .. ARGV[i + 7]
    if redis.call('HGET', record, 'v') ~= ARGV[i + 8] then break end
    if not alive then failed = failed + 1
    elseif told(ARGV[i + 9]) or redis.call('EXISTS', 'dlv:' .. id) == 1 then done = done + 1
    else
      redis.call('SET', 'ev:' .. event, body, 'EX', retention)
      if open_delivery(s, now, id, lane, state, event, retention) == 1 then
        redis.call('HSET', 'rplo:' .. replay, id, event)
        opened = opened + 1
      else
        done = done + 1
      end
    end
  else
    done = done + 1
  end
  moved = moved + 1
end
redis.call('LTRIM', 'rplq:' .. replay, moved, -1)
if done > 0 then redis.call('HINCRBY', key, 'done', done) end
if failed > 0 then redis.call('HINCRBY', key, 'failed', failed) end
if opened > 0 then
  redis.call('EXPIRE', 'rplo:' .. replay, retention)
  if redis.call('SISMEMBER', 'subs:on', s) == 1 and redis.call('HEXISTS', 'lease:out', s) == 0 then
    redis.call('ZADD', 'ready:out', 'LT', now, s)
  end
  ring('out', now)
end
paced(key, opened)
end_if_over(key)
return moved

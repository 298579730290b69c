-- What a settled replay delivery means for its replay and for the dead letter it came from.
local function settle_replay(replay, dead_id, verdict)
  local key = 'rpl:' .. replay
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, verdict == 'ok' and 'done' or 'failed', 1)
    local r = redis.call('HMGET', key, 'total', 'done', 'failed', 'status')
    if r[4] == 'running' and tonumber(r[2]) + tonumber(r[3]) >= tonumber(r[1]) then
      redis.call('HSET', key, 'status', 'done')
    end
  end
  if not dead_id or dead_id == cjson.null then return end
  redis.call('HDEL', 'replaying', dead_id)
  if verdict ~= 'dead' then
    redis.call('DEL', 'dlt:' .. dead_id)
    redis.call('ZREM', 'dead', dead_id)
  end
end

-- Keep a dead letter, and its event's body for as long.
local function bury(dead_id, dead, event, retention, now)
  redis.call('SET', 'dlt:' .. dead_id, dead, 'EX', retention)
  redis.call('ZADD', 'dead', now, dead_id)
  redis.call('EXPIRE', 'ev:' .. event, retention, 'GT')
end

local function stop_subscriber(s, status, reason)
  redis.call('HSET', 'sub:' .. s, 'status', status, 'reason', reason)
  redis.call('SREM', 'subs:on', s)
end

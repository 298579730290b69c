#!lua flags=allow-oom
-- One step of a subscriber's line: settle what came back, open what was read, say what is next.
-- ARGV: subscriber, token, lease ms, flight ms, free slots, how many entries to read, window of open
--   deliveries, in flight after this call's settles, retention s,
--   n positions: connection, from, to
--   n opens: delivery, subject, state, event id, connection
--   n settles: delivery, attempt, verdict (ok, retry, dead, pause, erased), subject, state, due in ms,
--     dead letter id, dead letter, event id
-- Returns {0} fenced, {2} not active, {3, ms until it is to be looked at again or -1} released, or
--   {1, now, next due or -1, {delivery, state, ...}, {connection, {entries}, ...}, news left}.
local s, token = ARGV[1], ARGV[2]
if redis.call('HGET', 'lease:out', s) ~= token then return {0} end
local now, flight = now_ms(), tonumber(ARGV[4])
local free, read, window, flying, retention = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local lane, pos, news = 'lane:' .. s, 'pos:' .. s, 'news:' .. s

-- The head of a lane is settled: the next of the same subject may go.
local function advance(subject)
  local behind = redis.call('LPOP', 'wait:' .. s .. ':' .. subject)
  if behind then
    redis.call('HSET', lane, subject, behind)
    redis.call('ZADD', 'due:' .. line_of(s, subject), now, behind)
  else
    redis.call('HDEL', lane, subject)
  end
end

local i = 10
local function take() i = i + 1; return ARGV[i - 1] end

local moved = {}
for _ = 1, tonumber(take()) do
  local c, from, to = take(), take(), take()
  if (redis.call('HGET', pos, c) or '0-0') == from then redis.call('HSET', pos, c, to) else moved[c] = true end
end
for _ = 1, tonumber(take()) do
  local id, subject, state, event, c = take(), take(), take(), take(), take()
  if not moved[c] then open_delivery(s, now, id, subject, state, event, retention) end
end
for _ = 1, tonumber(take()) do
  local id, attempt, verdict, subject, state, wait = take(), tonumber(take()), take(), take(), take(), take()
  local dead_id, dead, event = take(), take(), take()
  local d, due = 'd:' .. line_of(s, subject), 'due:' .. line_of(s, subject)
  local have = redis.call('HGET', d, id)
  -- A reply that was lost makes the client send again: an attempt counts once.
  if have and cjson.decode(have).n == attempt - 1 then
    local replay = cjson.decode(have).replay
    if verdict == 'retry' or verdict == 'pause' then
      redis.call('HSET', d, id, state)
      redis.call('ZADD', due, now + tonumber(wait), id)
    else
      redis.call('HDEL', d, id)
      redis.call('ZREM', due, id)
      redis.call('SET', 'dlv:' .. id, state, 'EX', retention)
      advance(subject)
      if verdict == 'dead' then
        redis.call('SET', 'dlt:' .. dead_id, dead, 'EX', retention)
        redis.call('ZADD', 'dead', now, dead_id)
        redis.call('EXPIRE', 'ev:' .. event, retention, 'GT')
        redis.call('HINCRBY', 'stat', 'deliveries_dead', 1)
      elseif verdict == 'ok' then
        redis.call('HINCRBY', 'stat', 'deliveries_delivered', 1)
      elseif verdict == 'erased' then
        redis.call('HINCRBY', 'stat', 'deliveries_erased', 1)
      end
      if replay and replay ~= cjson.null then settle_replay(replay, cjson.decode(have).dlt, verdict) end
    end
    if verdict == 'ok' then
      redis.call('HSET', 'sub:' .. s, 'streak', 0, 'ok_at', now)
    elseif verdict ~= 'erased' then
      redis.call('HINCRBY', 'sub:' .. s, 'streak', 1)
    end
    if verdict == 'pause' then stop_subscriber(s, 'paused', 'the subscriber answered 410 Gone') end
  end
end
if redis.call('HGET', 'sub:' .. s, 'status') ~= 'active' then
  if flying == 0 then
    redis.call('HDEL', 'lease:out', s)
    redis.call('ZREM', 'ready:out', s)
  else
    -- What is in flight is waited for: another who took the lease would fence its settle.
    redis.call('ZADD', 'ready:out', now + tonumber(ARGV[3]), s)
  end
  return {2}
end

local entries, left = {}, 0
local measure = math.max(1, math.min(read, math.floor(window / 2)))
local open = redis.call('HLEN', 'd:' .. s)
for _, c in ipairs(redis.call('SMEMBERS', news)) do
  local from = redis.call('HGET', pos, c) or '0-0'
  -- By good measure or not at all: a window that is full would else be refilled entry by entry.
  local room = window - open >= measure and math.min(read, window - open) or 0
  local got = room > 0 and redis.call('XRANGE', 'log:' .. c, '(' .. from, '+', 'COUNT', room) or {}
  if #got > 0 then
    entries[#entries + 1] = c
    entries[#entries + 1] = from
    entries[#entries + 1] = got
    read, open, left = read - #got, open + #got, left + 1
  elseif room > 0 then
    -- Nothing beyond the position: only then is there no news (a commit in between is in dirty again).
    redis.call('SREM', news, c)
  else
    left = left + 1
  end
end
local going, next_due = {}, -1
local function leave(line)
  local due = 'due:' .. line
  local ready = free > 0 and redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, free) or {}
  for _, id in ipairs(ready) do
    -- In flight: nobody else touches this lane until the attempt's deadline is over. The half millisecond
    -- tells a flight's deadline from a time that an attempt waits for (retry_now reads it).
    redis.call('ZADD', due, now + flight + 0.5, id)
    going[#going + 1] = id
    going[#going + 1] = redis.call('HGET', 'd:' .. line, id) or ''
  end
  free = free - #ready
  local nearest = tonumber(redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2] or -1)
  if nearest >= 0 and (next_due < 0 or nearest < next_due) then next_due = nearest end
end
leave(s)
leave(s .. ':replay')
if #going == 0 and #entries == 0 and flying == 0 then
  redis.call('HDEL', 'lease:out', s)
  local look, ending = next_due, ARGV[6] == '0'
  -- A worker that ends reads nothing on: news is another's to read, however late the next attempt is due.
  if ending and left > 0 and open < window then look = now end
  -- Due, but no socket is free: to look at once again would turn in circles.
  if look >= 0 and look <= now and not ending then look = now + 50 end
  if look >= 0 then
    redis.call('ZADD', 'ready:out', look, s)
    if ending and look <= now then ring('out', now) end
  else
    redis.call('ZREM', 'ready:out', s)
  end
  return {3, look >= 0 and math.max(0, look - now) or -1}
end
redis.call('ZADD', 'ready:out', now + tonumber(ARGV[3]), s)
return {1, now, next_due, going, entries, left}

#!lua flags=allow-oom
-- One step of a subscriber's line: settle what came back, open what was read, say what is next.
-- ARGV: subscriber, token, lease ms, flight ms, free slots, how many entries to read, window of lanes,
--   in hand after this call's settles, retention s, number of this step in its lease (0: none), how many to
--   hand out beside those that have a slot, retries in hand, concurrency, us between two deliveries (0: no
--   rate), how many may leave at once, the time as text, ms in which nothing is to be read on, which of those
--   in hand have not been sent yet (ids between spaces),
--   n positions: connection, from, to
--   n opens: delivery, subject, state, event id, connection
--   n settles: delivery, attempt, verdict (ok, retry, unsent: failed on our side, dead, pause, erased,
--     missed: gone with the retention, late: dead without an attempt, back: not tried), subject, state, due in ms, dead letter id, dead
--     letter (pause: the reason), event id, connection, ms it took
-- Returns {0} fenced, {2} not active, {3, ms until it is to be looked at again or -1} released, or
--   {1, now, next due or -1, {delivery, state, ...}, {connection, {entries}, ...}, news left, 1 while the
--   breaker is not closed}.
local ENOUGH = 150
local s, token = ARGV[1], ARGV[2]
if redis.call('HGET', 'lease:out', s) ~= token then return {0} end
local now, flight = now_ms(), tonumber(ARGV[4])
local free, read, window, flying, retention = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local ahead, again, cap = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local each, burst, at, rest = tonumber(ARGV[14]), tonumber(ARGV[15]), ARGV[16], tonumber(ARGV[17])
local pos, news, gave = 'pos:' .. s, 'news:' .. s, 'gave:' .. s
local sub = health_of(s)

-- What this very call gave before, when its reply was lost and it comes again.
local mark = token .. ' ' .. ARGV[10]
local given = ARGV[10] ~= '0' and redis.call('GET', gave) or ''
local resent = string.sub(given, 1, #mark + 1) == mark .. ' '

-- What a worker that is gone had in hand and had not sent, is due again. It sends none of it any more: what it
-- did not tell of in time it has cut.
local unsent = redis.call('GET', 'ahead:' .. s) or ''
if unsent ~= '' and string.sub(unsent, 1, #token + 1) ~= token .. ' ' then
  hand_back(s, now, string.sub(unsent, string.find(unsent, ' ', 1, true), -1))
end

local i = 19
local function take() i = i + 1; return ARGV[i - 1] end

local moved = {}
for _ = 1, tonumber(take()) do
  local c, from, to = take(), take(), take()
  if (redis.call('HGET', pos, c) or '0-0') == from then redis.call('HSET', pos, c, to) else moved[c] = true end
end
local heads, fresh = {[s] = {}, [s .. ':replay'] = {}}, {}
for _ = 1, tonumber(take()) do
  local id, subject, state, event, c = take(), take(), take(), take(), take()
  if not moved[c] then
    local place = lay(s, id, subject, state, event, retention)
    if place > 0 then fresh[#fresh + 1] = id end
    if place == 1 then table.insert(heads[line_of(s, subject)], id) end
  end
end
list_deliveries(s, now, fresh)

local gone, count, took = {[s] = {}, [s .. ':replay'] = {}}, {}, {}
local function counted(what, c) count[what .. c] = (count[what .. c] or 0) + 1 end
local words = {ok = 'delivered', dead = 'dead', late = 'dead', erased = 'erased', missed = 'erased'}
local missed = {}
for _ = 1, tonumber(take()) do
  local id, attempt, verdict, subject, state, wait = take(), tonumber(take()), take(), take(), take(), take()
  local dead_id, dead, event, c, ms = take(), take(), take(), take(), take()
  local line = line_of(s, subject)
  local have = redis.call('HGET', 'd:' .. line, id)
  -- A reply that was lost makes the client send again: an attempt counts once.
  if have and cjson.decode(have).n == attempt - 1 then
    if verdict == 'back' then
      if not resent then
        if attempt == 1 then table.insert(heads[line], id) else redis.call('ZADD', 'due:' .. line, now, id) end
      end
    elseif verdict == 'retry' or verdict == 'unsent' or verdict == 'pause' then
      redis.call('HSET', 'd:' .. line, id, state)
      redis.call('ZADD', 'due:' .. line, now + tonumber(wait), id)
    else
      local replay = string.find(have, '"replay":"', 1, true) and cjson.decode(have).replay
      table.insert(gone[line], id)
      redis.call('SET', 'dlv:' .. id, state, 'EX', retention)
      local behind = advance(s, subject)
      if behind then table.insert(heads[line], behind) end
      counted('deliveries_', words[verdict])
      if dead_id ~= '' then bury(dead_id, dead, event, retention, now) end
      if verdict == 'missed' then missed[c] = {(missed[c] or {0})[1] + 1, id} end
      if replay and replay ~= cjson.null then
        settle_replay(replay, cjson.decode(have).dlt, verdict == 'late' and 'dead' or verdict)
      end
    end
    if verdict == 'ok' then
      went_well(s, sub, now, cap)
    elseif verdict == 'retry' or verdict == 'unsent' or verdict == 'dead' or verdict == 'pause' then
      went_wrong(s, sub, now, id, c, verdict ~= 'unsent')
    elseif sub.probe == id then
      put(sub, 'probe', '')
    end
    if ms ~= '' then took[#took + 1] = ms end
    local failed = verdict == 'retry' or verdict == 'dead'
    if verdict == 'pause' or (failed and sub.status == 'active' and is_lost(sub, now)) then
      local status = verdict == 'pause' and 'paused' or 'disabled'
      local reason = 'nothing was delivered for 5 days'
      if verdict == 'pause' then reason = dead ~= '' and dead or 'the subscriber answered 410 Gone' end
      stop_subscriber(s, status, reason)
      if sub.status == 'active' then say_stopped(s, c, status, reason, at, retention, now) end
      sub.status = status
    end
  end
end
for line, ids in pairs(gone) do
  in_pieces(ids, 1, #ids, function(...)
    redis.call('HDEL', 'd:' .. line, ...)
    redis.call('ZREM', 'due:' .. line, ...)
  end)
  begin(s, line, now, heads[line])
end
for what, n in pairs(count) do redis.call('HINCRBY', 'stat', what, n) end
for c, row in pairs(missed) do
  local data = cjson.encode({subscriber_id = s, connection_id = c, count = row[1]})
  say(c, 'subscriber.missed', s .. ' ' .. row[2], data, at, retention, now)
end
if #took > 0 then
  redis.call('LPUSH', 'took:' .. s, unpack(took))
  redis.call('LTRIM', 'took:' .. s, 0, 99)
end
local function remember(waiting)
  if waiting ~= '' then
    redis.call('SET', 'ahead:' .. s, token .. ' ' .. waiting, 'PX', flight)
  elseif unsent ~= '' then
    redis.call('DEL', 'ahead:' .. s)
  end
end
local function keep()
  if sub.back then say_recovered(s, sub.back, at, retention, now) end
  keep_health(s, sub)
end
if sub.status ~= 'active' then
  keep()
  remember(ARGV[18])
  if flying == 0 then
    redis.call('HDEL', 'lease:out', s)
    redis.call('ZREM', 'ready:out', s)
  else
    -- What is in flight is waited for: another who took the lease would fence its settle.
    redis.call('ZADD', 'ready:out', now + tonumber(ARGV[3]), s)
  end
  return {2}
end

-- How many may leave, and before when none does.
local give, hold = free + ahead, 0
if sub.brk == 'open' then
  hold = number_of(sub, 'brk_until')
  if sub.probe ~= '' then hold = math.max(hold, number_of(sub, 'probe_until')) end
  give = now >= hold and flying == 0 and free > 0 and 1 or 0
elseif sub.brk == 'ramp' then
  give = math.min(free, number_of(sub, 'ramp') - flying)
end
if each > 0 and give > 0 then
  local fit, later = paced(sub, now, each, burst)
  if fit == 0 then hold = later end
  give = math.min(give, fit)
end

local entries, left = {}, 0
local heads_open, open = redis.call('ZCARD', 'due:' .. s), redis.call('HLEN', 'd:' .. s)
-- One subject with a long queue closes nobody else's way, until there is ten times as much.
local room = math.min(window - heads_open, 10 * window - open)
local measure = math.max(1, math.min(read, math.floor(window / 2)))
if sub.brk == 'open' then
  -- Nothing is read on while it is open, but for what the next probe needs.
  if now < hold or open > 0 then read = 0 else read = math.min(read, 10) end
  measure = math.min(measure, 10)
end
local has_room = room >= measure
-- What is due for long to come need not lie here beforehand: it would make each look slower.
if rest > 0 or redis.call('ZCOUNT', 'due:' .. s, '-inf', now) >= ENOUGH then read = 0 end
for _, c in ipairs(redis.call('SMEMBERS', news)) do
  local from = redis.call('HGET', pos, c) or '0-0'
  -- By good measure or not at all: a window that is full would else be refilled entry by entry.
  local size = room >= measure and math.min(read, room) or 0
  local got = size > 0 and redis.call('XRANGE', 'log:' .. c, '(' .. from, '+', 'COUNT', size) or {}
  if #got > 0 then
    entries[#entries + 1] = c
    entries[#entries + 1] = from
    entries[#entries + 1] = got
    read, room, left = read - #got, room - #got, left + 1
  elseif size > 0 then
    -- Nothing beyond the position: only then is there no news (a commit in between is in dirty again).
    redis.call('SREM', news, c)
  else
    left = left + 1
  end
end

local going, next_due = {}, -1

local function leave(line, ids)
  local due = 'due:' .. line
  if #ids > 0 then
    local rows = {}
    -- In flight: nobody else touches this lane until the attempt's deadline is over. The half millisecond
    -- tells a flight's deadline from a time that an attempt waits for (retry_now reads it).
    for k, id in ipairs(ids) do rows[2 * k - 1], rows[2 * k] = now + flight + 0.5, id end
    redis.call('ZADD', due, unpack(rows))
    if line == s then redis.call('ZREM', 'first:' .. s, unpack(ids)) end
    local states = redis.call('HMGET', 'd:' .. line, unpack(ids))
    for k, id in ipairs(ids) do
      going[#going + 1] = id
      going[#going + 1] = states[k] or ''
    end
  end
end

if resent then
  for id in string.gmatch(string.sub(given, #mark + 2), '%S+') do
    for _, line in ipairs({s, s .. ':replay'}) do
      local state = redis.call('HGET', 'd:' .. line, id)
      local due = tonumber(redis.call('ZSCORE', 'due:' .. line, id) or 0)
      if state and due > now and due % 1 ~= 0 then
        going[#going + 1] = id
        going[#going + 1] = state
      end
    end
  end
elseif give > 0 then
  local live, replays = choose(s, now, give, flying, again, sub.brk == 'open')
  leave(s, live)
  leave(s .. ':replay', replays)
end
for _, line in ipairs({s, s .. ':replay'}) do
  local nearest = tonumber(redis.call('ZRANGE', 'due:' .. line, 0, 0, 'WITHSCORES')[2] or -1)
  if nearest >= 0 and (next_due < 0 or nearest < next_due) then next_due = nearest end
end
if #going > 0 and not resent then
  if sub.brk == 'open' then
    put(sub, 'probe', going[1])
    put(sub, 'probe_until', now + flight)
  end
  if each > 0 then take_pace(sub, now, each, #going / 2) end
  if ARGV[10] ~= '0' then
    local ids = {}
    for k = 1, #going, 2 do ids[#ids + 1] = going[k] end
    redis.call('SET', gave, mark .. ' ' .. table.concat(ids, ' '), 'PX', flight)
  end
end
local waiting = ARGV[18]
for k = 2 * free + 1, #going, 2 do waiting = waiting .. ' ' .. going[k] end
remember(waiting)
if next_due >= 0 and next_due < hold then next_due = hold end

if #going == 0 and #entries == 0 and flying == 0 then
  local look, ending = next_due, ARGV[6] == '0'
  -- A worker that ends reads nothing on: news is another's to read, however late the next attempt is due.
  if ending and left > 0 and has_room then look = math.max(now, hold) end
  if sub.brk == 'open' and left > 0 and look < 0 then look = hold end
  if rest > 0 and left > 0 and (look < 0 or look > now + rest) then look = math.max(now + rest, hold) end
  -- Nothing is left that could come as a herd.
  if sub.brk == 'ramp' and next_due < 0 and left == 0 then close_breaker(sub) end
  -- Between two of a rate the lease is kept: to claim it again would be most of the work.
  if not (each > 0 and look > now and look - now < 500 and not ending) then
    keep()
    redis.call('HDEL', 'lease:out', s)
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
end
keep()
redis.call('ZADD', 'ready:out', now + tonumber(ARGV[3]), s)
return {1, now, next_due, going, entries, left, sub.brk == '' and 0 or 1}

-- Replays wait in a line of their own, so that none of them stands before what is live.
local function line_of(s, subject)
  return string.sub(subject, 1, 4) == 'rpl_' and s .. ':replay' or s
end

-- Lane heads that were never tried are due now; of the live ones it is known that they were not.
local function begin(s, line, now, ids)
  local rows = {}
  for k, id in ipairs(ids) do rows[2 * k - 1], rows[2 * k] = now, id end
  in_pieces(rows, 1, #rows, function(...)
    redis.call('ZADD', 'due:' .. line, ...)
    if line == s then redis.call('ZADD', 'first:' .. s, ...) end
  end)
end

-- Put a delivery into its lane. Returns 0 if it was open before, 1 as the lane's head, 2 behind it.
local function lay(s, id, subject, state, event, retention)
  if redis.call('HSETNX', 'd:' .. line_of(s, subject), id, state) == 0 then return 0 end
  redis.call('SADD', 'evd:' .. event, id)
  redis.call('EXPIRE', 'evd:' .. event, retention)
  if redis.call('HSETNX', 'lane:' .. s, subject, id) == 1 then return 1 end
  redis.call('RPUSH', 'wait:' .. s .. ':' .. subject, id)
  return 2
end

-- Deliveries that were opened now are listed.
local function list_deliveries(s, now, ids)
  local rows = {}
  for k, id in ipairs(ids) do rows[2 * k - 1], rows[2 * k] = now, id end
  in_pieces(rows, 1, #rows, function(...)
    redis.call('ZADD', 'dlvs:' .. s, ...)
    redis.call('ZADD', 'dlvs', ...)
  end)
end

-- Open one delivery: into its lane, due at once if it is the head. Returns 1 if it was not open before.
local function open_delivery(s, now, id, subject, state, event, retention)
  local place = lay(s, id, subject, state, event, retention)
  if place == 0 then return 0 end
  if place == 1 then begin(s, line_of(s, subject), now, {id}) end
  list_deliveries(s, now, {id})
  return 1
end

-- A lane's head is settled: the next of the same subject becomes it. Returns that, or nothing.
local function advance(s, subject)
  local behind = redis.call('LPOP', 'wait:' .. s .. ':' .. subject)
  if behind then
    redis.call('HSET', 'lane:' .. s, subject, behind)
    return behind
  end
  redis.call('HDEL', 'lane:' .. s, subject)
end

-- Deliveries that were in flight by their time, and were not sent, are due at once.
local function hand_back(s, now, names)
  for id in string.gmatch(names, '%S+') do
    for _, line in ipairs({s, s .. ':replay'}) do
      local due = tonumber(redis.call('ZSCORE', 'due:' .. line, id) or 0)
      if due > now and due % 1 ~= 0 then
        local open = cjson.decode(redis.call('HGET', 'd:' .. line, id) or '{}')
        if open.n == 0 then begin(s, line, now, {id}) else redis.call('ZADD', 'due:' .. line, now, id) end
      end
    end
  end
end

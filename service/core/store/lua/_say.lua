-- Tell of a subscriber in a connection's log: an operational event of contract section 5, made here so that it
-- is told in the very step that it is about. `data` is JSON, `at` an instant as text.
local function say(c, kind, about, data, at, retention, now)
  if c == '' or redis.call('EXISTS', 'conn:' .. c) == 0 then return end
  -- Ids are base58, which has no zero.
  local name = string.gsub(redis.sha1hex(kind .. ' ' .. c .. ' ' .. about), '0', 'g')
  local e = 'evt_' .. string.sub(name, 1, 24)
  local body = '{"id":"' .. e .. '","type":"' .. kind .. '","timestamp":"' .. at .. '","connection_id":"' .. c
    .. '","integration_id":"recruitee:' .. c .. '","origin":"system","causes":[],"data":' .. data .. '}'
  -- In a lane of the connection's own.
  tell(c, e, body, kind, c, retention, now)
end

local function say_stopped(s, c, status, reason, at, retention, now)
  local data = cjson.encode({subscriber_id = s, status = status, reason = reason})
  say(c, 'subscriber.disabled', s .. ' ' .. now, data, at, retention, now)
end

local function say_recovered(s, back, at, retention, now)
  local down = math.floor((now - (tonumber(back.since) or now)) / 1000)
  local data = cjson.encode({subscriber_id = s, down_s = down})
  say(back.c, 'subscriber.recovered', s .. ' ' .. now, data, at, retention, now)
end

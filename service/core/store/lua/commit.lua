-- Commit one root: snapshots, events with their sequence numbers, and the inbox ack, in one step.
-- ARGV: connection, lease token ('' = none), fetch token, retention in s, ring (1 or 0),
--   how long ago Recruitee was asked in ms ('' = records were not read whole),
--   n records: model, id, version it was compared with, new version, q, f, g, d, h, uid, root,
--     what it was before a silent read or ''
--   n events: event id, body, type, subject, model, id
--   n acks: stream ids; root that is done with or '', the dead letter it may have left
--   n people: hashes of the candidates that are named; n records that were seen unchanged: model, id;
--   n consents: candidate, when it ends in ms or ''
-- A record that a later fetch has written is left as it is, with its events; roots share some (stages), so
-- the others of this commit are written all the same.
-- Returns 1 done, 0 fenced, -1 a record moved meanwhile (compare again), -2 a later fetch was at all of them,
-- -3 somebody who is named is to stay out.
local c, retention = ARGV[1], ARGV[4]
-- Unlinked meanwhile: nothing of it is to be left behind.
if redis.call('EXISTS', 'conn:' .. c) == 0 then return 0 end
if ARGV[2] ~= '' and redis.call('HGET', 'lease:in', c) ~= ARGV[2] then return 0 end
local fetch = tonumber(ARGV[3])
local i = 8
local records = tonumber(ARGV[7])
local late, written = {}, 0
local last = i + records * 12
last = last + 1 + tonumber(ARGV[last]) * 6
last = last + tonumber(ARGV[last]) + 3
-- In the very step that would store it: who is erased while a fetch is under way stays erased.
local people = tonumber(ARGV[last] or 0)
for k = 1, people do
  if redis.call('HEXISTS', 'sup:' .. c, ARGV[last + k]) == 1 then return -3 end
end
-- `t` is the token of the fetch that was committed last and, behind a colon, when Recruitee was asked.
local function fetched(m, id)
  local have = redis.call('HMGET', 'rec:' .. c .. ':' .. m .. ':' .. id, 'v', 't')
  local t = have[2] or ''
  return {have[1], have[2] and string.match(t, '^%d+'), string.match(t, ':.*$') or ''}
end
local now = now_ms()
local asked = ARGV[6] ~= '' and string.format(':%.0f', now - tonumber(ARGV[6]))
local before = {}
for k = 0, records - 1 do
  local at = i + k * 12
  local have = fetched(ARGV[at], ARGV[at + 1])
  before[at] = have[3]
  if have[2] and tonumber(have[2]) > fetch then late[ARGV[at] .. ':' .. ARGV[at + 1]] = true
  elseif (have[1] or '0') ~= ARGV[at + 2] then return -1 end
end
-- One clock for all that is read in the order of its changes: Redis', and each commit later than the one
-- before, so that nothing is ever put where a reader has been.
local changed = now
if records > 0 then
  changed = math.max(changed, (tonumber(redis.call('HGET', 'conn:' .. c, 'changed') or 0) or 0) + 1)
  for k = 0, records - 1 do
    local top = redis.call('ZREVRANGE', 'ix:' .. c .. ':' .. ARGV[i + k * 12], 0, 0, 'WITHSCORES')
    if top[2] then changed = math.max(changed, tonumber(top[2]) + 1) end
  end
  redis.call('HSET', 'conn:' .. c, 'changed', string.format('%.0f', changed))
end
local function write(at)
  local m, id = ARGV[at], ARGV[at + 1]
  if late[m .. ':' .. id] then return end
  written = written + 1
  redis.call('HSET', 'rec:' .. c .. ':' .. m .. ':' .. id, 'v', ARGV[at + 3], 'q', ARGV[at + 4],
    'f', ARGV[at + 5], 'g', ARGV[at + 6], 'd', ARGV[at + 7], 'h', ARGV[at + 8],
    't', ARGV[3] .. (asked or before[at]))
  if ARGV[at + 11] ~= '' then redis.call('HSET', 'rec:' .. c .. ':' .. m .. ':' .. id, 'w', ARGV[at + 11])
  else redis.call('HDEL', 'rec:' .. c .. ':' .. m .. ':' .. id, 'w') end
  if ARGV[at + 2] == '0' then redis.call('HSET', 'uid:' .. c .. ':' .. m, ARGV[at + 9], id) end
  redis.call('ZADD', 'ix:' .. c .. ':' .. m, string.format('%.0f', changed), id)
  if ARGV[at + 10] ~= '' then redis.call('SADD', 'kids:' .. c .. ':' .. ARGV[at + 10], m .. ':' .. id) end
end
for k = 0, records - 1 do write(i + k * 12) end
i = i + records * 12
local events, told = tonumber(ARGV[i]), 0
i = i + 1
local function tell(at)
  local e, m, id = ARGV[at], ARGV[at + 4], ARGV[at + 5]
  if late[m .. ':' .. id] then return end
  -- No version guards an operational event: its id does, so that telling it twice is telling it once.
  if not redis.call('SET', 'ev:' .. e, ARGV[at + 1], 'EX', retention, unpack(m == '' and {'NX'} or {})) then return end
  told = told + 1
  redis.call('XADD', 'log:' .. c, '*', 'e', e, 't', ARGV[at + 2], 's', ARGV[at + 3], 'm', m, 'r', id)
  if m ~= '' then
    local line = 'tl:' .. c .. ':' .. m .. ':' .. id
    redis.call('RPUSH', line, e)
    redis.call('EXPIRE', line, retention)
  end
end
for k = 0, events - 1 do tell(i + k * 6) end
i = i + events * 6
local acks = tonumber(ARGV[i])
in_pieces(ARGV, i + 1, i + acks, function(...) redis.call('XDEL', 'in:' .. c, ...) end)
local root = ARGV[i + acks + 1]
if root ~= '' then
  redis.call('HDEL', 'park:' .. c, root)
  redis.call('ZREM', 'parkdue:' .. c, root)
  redis.call('HDEL', 'begun:' .. c, root)
  -- A refetch that works clears the dead letter of those that did not.
  if redis.call('ZREM', 'dead', ARGV[i + acks + 2]) == 1 then
    redis.call('DEL', 'dlt:' .. ARGV[i + acks + 2])
  end
end
local function consent(id, ends)
  if late[string.format('candidate:%s', id)] then return end
  if ends ~= '' then redis.call('ZADD', 'consent:' .. c, ends, id)
  elseif redis.call('ZREM', 'consent:' .. c, id) == 1 then redis.call('HDEL', 'warned:' .. c, id) end
end
last = last + people + 1
local seen = tonumber(ARGV[last] or 0)
for k = last + 1, last + seen * 2, 2 do
  local m, id = ARGV[k], ARGV[k + 1]
  local have = fetched(m, id)
  -- Unchanged, and known to be so from now on: an older answer that comes later is none of it.
  if have[1] and asked and tonumber(have[2] or 0) <= fetch then
    redis.call('HSET', 'rec:' .. c .. ':' .. m .. ':' .. id, 't', ARGV[3] .. asked)
  end
end
for k = last + seen * 2 + 1, #ARGV, 2 do consent(ARGV[k], ARGV[k + 1]) end
if records > 0 and written == 0 then return -2 end
if told > 0 then
  redis.call('SADD', 'dirty', c)
  if ARGV[5] == '1' then ring('out', now_ms()) end
end
return 1

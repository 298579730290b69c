-- Puts a record at the end of a list as who lists records needs it: packed fields, whether it is deleted, what is
-- known of its fetch, when it changed; all four false where it is not there.
local function row(out, c, m, id)
  local changed = redis.call('ZSCORE', 'ix:' .. c .. ':' .. m, id)
  local have = changed and redis.call('HMGET', 'rec:' .. c .. ':' .. m .. ':' .. id, 'f', 'd', 't') or {}
  local n = #out
  out[n + 1], out[n + 2], out[n + 3] = have[1] or false, have[2] or false, have[3] or false
  out[n + 4] = changed or false
end

-- Replays wait in a line of their own, so that none of them stands before what is live.
local function line_of(s, subject)
  return string.sub(subject, 1, 4) == 'rpl_' and s .. ':replay' or s
end

-- Open a delivery: into its lane, due at once if it is the head. Returns 1 if it was not open before.
local function open_delivery(s, now, id, subject, state, event, retention)
  local line = line_of(s, subject)
  if redis.call('HSETNX', 'd:' .. line, id, state) == 0 then return 0 end
  if redis.call('HSETNX', 'lane:' .. s, subject, id) == 1 then
    redis.call('ZADD', 'due:' .. line, now, id)
  else
    redis.call('RPUSH', 'wait:' .. s .. ':' .. subject, id)
  end
  redis.call('ZADD', 'dlvs:' .. s, now, id)
  redis.call('ZADD', 'dlvs', now, id)
  redis.call('SADD', 'evd:' .. event, id)
  redis.call('EXPIRE', 'evd:' .. event, retention)
  return 1
end

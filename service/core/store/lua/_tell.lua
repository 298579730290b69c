-- Append an operational event to a connection's log, once under one id.
local function tell(c, e, body, kind, lane, retention, now)
  if redis.call('EXISTS', 'conn:' .. c) == 0 then return end
  if not redis.call('SET', 'ev:' .. e, body, 'EX', retention, 'NX') then return end
  redis.call('XADD', 'log:' .. c, '*', 'e', e, 't', kind, 's', lane, 'm', '', 'r', '')
  redis.call('SADD', 'dirty', c)
  ring('out', now)
end

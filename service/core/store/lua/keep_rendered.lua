#!lua flags=allow-oom
-- Keep an event's bytes in a form, once: ARGV: event, form, bytes, retention in s. Returns those that were first;
-- false when the event is gone: what was erased meanwhile is not to come back so.
if redis.call('EXISTS', 'ev:' .. ARGV[1]) == 0 then return false end
local key = 'body:' .. ARGV[1]
redis.call('HSETNX', key, ARGV[2], ARGV[3])
redis.call('EXPIRE', key, ARGV[4])
return redis.call('HGET', key, ARGV[2])

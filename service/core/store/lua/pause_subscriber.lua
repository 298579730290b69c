#!lua flags=allow-oom
-- Stop sending to a subscriber, if it is still there: ARGV: subscriber, status it gets, reason.
-- One step with the list of those that are active: between two, a resume would be lost half.
if redis.call('EXISTS', 'sub:' .. ARGV[1]) == 0 then return 0 end
stop_subscriber(ARGV[1], ARGV[2], ARGV[3])
return 1

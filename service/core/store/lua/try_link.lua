-- Count a try of a set-up link and hold it: ARGV: link, holder, most tries, ms to hold, when the link ends.
-- Returns ok, busy (somebody else holds it), spent (no try is left), over (used up, ended or forgotten).
-- A holder that asks again, because a reply was lost, is not counted twice.
local key, now = 'link:' .. ARGV[1], now_ms()
local state = redis.call('HMGET', key, 'facts', 'done', 'tries', 'holder', 'until')
if not state[1] or state[2] or now >= tonumber(ARGV[5]) then return 'over' end
if state[4] == ARGV[2] then return 'ok' end
if tonumber(state[3] or 0) >= tonumber(ARGV[3]) then return 'spent' end
if state[4] and now < tonumber(state[5]) then return 'busy' end
redis.call('HINCRBY', key, 'tries', 1)
redis.call('HSET', key, 'holder', ARGV[2], 'until', string.format('%d', now + ARGV[4]))
return 'ok'

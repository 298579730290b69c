-- Use a set-up link up, once: ARGV: link, digest of the token that tells its connection, ms that this is told.
-- Returns 1, also when the same token asks again because a reply was lost; 0 when it was used up before.
local key, result = 'link:' .. ARGV[1], 'linked:' .. ARGV[2]
local state = redis.call('HMGET', key, 'connection_id', 'done', 'result')
if not state[1] or state[1] == '' then return 0 end
if state[2] then return state[3] == ARGV[2] and 1 or 0 end
redis.call('HSET', key, 'done', string.format('%d', now_ms()), 'result', ARGV[2])
redis.call('HDEL', key, 'report')
redis.call('SET', result, state[1], 'PX', ARGV[3])
return 1

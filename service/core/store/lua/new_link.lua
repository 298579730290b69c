-- Keep a set-up link until it is forgotten: ARGV: link, when that is, its facts, its connection ('': none yet).
redis.call('HSET', 'link:' .. ARGV[1], 'facts', ARGV[3], 'connection_id', ARGV[4])
redis.call('PEXPIREAT', 'link:' .. ARGV[1], ARGV[2])
return 1

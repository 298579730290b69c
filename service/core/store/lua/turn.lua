-- Take a turn in a connection's request rate: ARGV: connection, microseconds per request, burst.
return turn(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))

-- Read records in one look: ARGV: connection, n times model, remote id. Returns four values of each, in order.
local out = {}
for k = 2, #ARGV, 2 do row(out, ARGV[1], ARGV[k], ARGV[k + 1]) end
return out

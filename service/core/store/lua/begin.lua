-- Before a fetch: its turn in the request rate, its token, and what is known of the root.
-- ARGV: connection, root model, root id, microseconds per request, burst (requests), lease token, the
-- name under which it is counted as begun until it ends ('' = not), hash of the candidate it is about ('' = none).
-- Returns {-1} when fenced, {-2} when that candidate is to stay out, else {wait in ms, fetch token, model, id, v, q, f, g, d, h, w, model, ...}.
local c, model, id = ARGV[1], ARGV[2], ARGV[3]
if ARGV[6] ~= '' and redis.call('HGET', 'lease:in', c) ~= ARGV[6] then return {-1} end
if ARGV[8] ~= '' and redis.call('HEXISTS', 'sup:' .. c, ARGV[8]) == 1 then return {-2} end
-- Counted until commit or park: what is still counted when a lease begins, a worker died of or with.
if ARGV[7] ~= '' then redis.call('HINCRBY', 'begun:' .. c, ARGV[7], 1) end
local out = {turn(c, tonumber(ARGV[4]), tonumber(ARGV[5])), redis.call('INCR', 'tok')}
local function add(m, i)
  local r = redis.call('HMGET', 'rec:' .. c .. ':' .. m .. ':' .. i, 'v', 'q', 'f', 'g', 'd', 'h', 'w')
  out[#out + 1] = m
  out[#out + 1] = i
  for k = 1, 7 do out[#out + 1] = r[k] or '' end
end
add(model, id)
for _, kid in ipairs(redis.call('SMEMBERS', 'kids:' .. c .. ':' .. model .. ':' .. id)) do
  local at = string.find(kid, ':', 1, true)
  add(string.sub(kid, 1, at - 1), string.sub(kid, at + 1))
end
return out

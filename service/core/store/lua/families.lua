-- Read the records of some models that came with roots of some: ARGV: connection, those models as `,a,b,`, how
-- many root models there are, they, n remote ids. Returns per remote id a list of model, remote id and four values.
local c, models, roots, out = ARGV[1], ARGV[2], tonumber(ARGV[3]), {}
for k = 4 + roots, #ARGV do
  local found = {}
  for r = 4, 3 + roots do
    for _, member in ipairs(redis.call('SMEMBERS', 'kids:' .. c .. ':' .. ARGV[r] .. ':' .. ARGV[k])) do
      local m, id = string.match(member, '^([^:]*):(.*)$')
      if string.find(models, ',' .. m .. ',', 1, true) then
        found[#found + 1], found[#found + 2] = m, id
        row(found, c, m, id)
      end
    end
  end
  out[#out + 1] = found
end
return out

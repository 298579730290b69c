-- Where every log ends: returns connection, last id, how many entries were ever added (-1 = unknown), ...
local out = {}
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  local flat, last, added = redis.pcall('XINFO', 'STREAM', 'log:' .. c), '0-0', 0
  if not flat.err then
    added = -1
    for i = 1, #flat, 2 do
      if flat[i] == 'last-generated-id' then last = flat[i + 1] end
      if flat[i] == 'entries-added' then added = flat[i + 1] end
    end
  end
  out[#out + 1] = c
  out[#out + 1] = last
  out[#out + 1] = added
end
return out

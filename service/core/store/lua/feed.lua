-- Read logs on: ARGV: entries a log, then per log: connection, position, how many entries lie up to it ('' = unknown).
-- Returns now, then per log that has more: {connection, last id, entries before the first that is returned
-- (-1 = unknown), how many of those were never read and are gone, entries}.
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function before(a, b)
  local a_ms, a_seq = parts(a)
  local b_ms, b_seq = parts(b)
  return a_ms < b_ms or (a_ms == b_ms and a_seq < b_seq)
end
local function about(c)
  local flat = redis.pcall('XINFO', 'STREAM', 'log:' .. c)
  if flat.err then return nil end
  local info = {}
  for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
  local first = info['first-entry']
  local added = info['entries-added']
  return info['last-generated-id'], first and first[1], added and added - info['length'], added
end
local out = {now_ms()}
for i = 2, #ARGV, 3 do
  local c, at, upto = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local last, first, gone = about(c)
  if last and before(at, last) then
    local missed, rows = 0, {}
    if not first or before(at, first) then
      missed = gone and upto and math.max(0, gone - upto) or 0
      upto = gone
    end
    if first then rows = redis.call('XRANGE', 'log:' .. c, '(' .. at, '+', 'COUNT', ARGV[1]) end
    out[#out + 1] = {c, last, upto or -1, missed, rows}
  end
end
return out

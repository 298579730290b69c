-- Put ids aside that are to be taken along: ARGV: connection, run, how long it may take in s, models as JSON,
-- n times row, model, remote id, our id, the id to be taken along.
-- Returns {0} where the run does not gather, else {1, row, why, what stands in the way, its row or '', ...} of
-- those that cannot be taken along. Rows that were looked at before are not counted again.
local c, life = ARGV[1], ARGV[3]
local run = 'adopting:' .. c
local have = redis.call('HMGET', run, 'id', 'status', 'upto')
if have[1] ~= ARGV[2] or have[2] ~= 'gathering' then return {0} end
local given, adopted, rows = 'given:' .. c .. ':next', 'adopted:' .. c .. ':next', run .. ':rows'
local models, upto = cjson.decode(ARGV[4]), tonumber(have[3])
local count = {rows = 0, new = 0, same = 0, bad = 0}
local out = {1}
local function owner(id)
  for _, m in ipairs(models) do
    local found = redis.call('HGET', 'uid:' .. c .. ':' .. m, id)
    if found then return m .. ':' .. found end
  end
end
local function take(n, m, id, ours, theirs)
  -- An id is of one record of its model: another vendor may call a job and a user the same.
  local this = m .. ':' .. theirs
  local whose, has = redis.call('HGET', adopted, this), redis.call('HGET', given, ours)
  if whose and whose ~= id then return 'bad', 'id_taken', m .. ':' .. whose, redis.call('HGET', rows, this) end
  if has and has ~= theirs then return 'bad', 'record_named', has, redis.call('HGET', rows, m .. ':' .. has) end
  if has then return 'same' end
  if theirs ~= ours then
    local known = owner(theirs)
    if known then return 'bad', 'id_ours', known end
    redis.call('HSET', given, ours, theirs)
  end
  redis.call('HSET', adopted, this, id)
  redis.call('HSET', rows, this, n)
  return theirs == ours and 'same' or 'new'
end
for k = 5, #ARGV, 5 do
  local n = tonumber(ARGV[k])
  local came, why, other, row = take(ARGV[k], ARGV[k + 1], ARGV[k + 2], ARGV[k + 3], ARGV[k + 4])
  if n > upto then
    upto = n
    count.rows = count.rows + 1
    count[came] = count[came] + 1
  end
  if came == 'bad' then
    for _, each in ipairs({ARGV[k], why, other, row or ''}) do out[#out + 1] = each end
  end
end
for name, by in pairs(count) do redis.call('HINCRBY', run, name, by) end
redis.call('HSET', run, 'upto', upto)
for _, key in ipairs({run, given, adopted, rows}) do redis.call('EXPIRE', key, life) end
return out

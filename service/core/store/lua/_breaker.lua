-- A subscriber's health: its breaker, the ramp after it, and when its failures disable it.
-- In its hash: `try` the last 20 outcomes (1, 0), `brk` '' closed, 'open' or 'ramp', `brk_at` when it
-- opened first, `brk_c` the connection it was seen at, `brk_n` how often in a row, `brk_until` when the next
-- probe may leave, `probe` the one in flight, `ramp` how many may be in flight, `ramp_ok` how many of them went well.
local HEALTH = {'status', 'streak', 'ok_at', 'created', 'resumed', 'bad_from', 'try', 'brk', 'brk_at', 'brk_c',
  'brk_n', 'brk_until', 'probe', 'probe_until', 'ramp', 'ramp_ok', 'pace'}
local LAST, IN_A_ROW = 20, 10
local FIRST_WAIT, LAST_WAIT = 30000, 900000
local NO_SUCCESS, SPREAD = 5 * 86400000, 12 * 3600000

local function health_of(s)
  local sub, row = {wrote = {}}, redis.call('HMGET', 'sub:' .. s, unpack(HEALTH))
  for k, name in ipairs(HEALTH) do sub[name] = row[k] or '' end
  return sub
end

local function put(sub, name, value)
  sub[name], sub.wrote[name] = value, true
end

local function keep_health(s, sub)
  local row = {}
  for name in pairs(sub.wrote) do
    row[#row + 1] = name
    row[#row + 1] = sub[name]
  end
  if #row > 0 then redis.call('HSET', 'sub:' .. s, unpack(row)) end
end

local function number_of(sub, name) return tonumber(sub[name]) or 0 end

local function tried(sub, outcome)
  put(sub, 'try', string.sub(sub.try .. outcome, -LAST))
end

local function half_failed(sub)
  local _, failed = string.gsub(sub.try, '0', '')
  return failed * 2 >= #sub.try
end

local function open_breaker(s, sub, now, c)
  local n = number_of(sub, 'brk_n') + 1
  local wait = math.min(FIRST_WAIT * 2 ^ math.min(n - 1, 10), LAST_WAIT)
  -- Microseconds for chance: a script's own random numbers are the same each time.
  local late = math.floor(wait * 0.2 * (redis.call('TIME')[2] % 1000) / 1000)
  if sub.brk_at == '' then
    put(sub, 'brk_at', now)
    put(sub, 'brk_c', c)
  end
  put(sub, 'brk', 'open')
  put(sub, 'brk_n', n)
  put(sub, 'brk_until', now + wait + late)
  put(sub, 'probe', '')
  redis.call('SADD', 'held', s)
end

-- Closed again; what is to be told of it is left in `sub.back`.
local function close_breaker(sub)
  sub.back = {since = sub.brk_at, c = sub.brk_c}
  for _, name in ipairs({'brk', 'brk_at', 'brk_c', 'brk_n', 'probe', 'try'}) do put(sub, name, '') end
end

local function went_well(s, sub, now, cap)
  put(sub, 'streak', 0)
  put(sub, 'ok_at', now)
  put(sub, 'bad_from', '')
  if sub.brk == 'open' then
    put(sub, 'brk', 'ramp')
    put(sub, 'probe', '')
    put(sub, 'try', '1')
    put(sub, 'ramp', 1)
    put(sub, 'ramp_ok', 0)
    redis.call('SREM', 'held', s)
  elseif sub.brk == 'ramp' then
    tried(sub, '1')
    put(sub, 'ramp_ok', number_of(sub, 'ramp_ok') + 1)
    if sub.ramp_ok >= number_of(sub, 'ramp') then
      put(sub, 'ramp', number_of(sub, 'ramp') * 2)
      put(sub, 'ramp_ok', 0)
    end
  else
    tried(sub, '1')
  end
  if sub.brk == 'ramp' and number_of(sub, 'ramp') >= cap then close_breaker(sub) end
end

-- `theirs`: whether it was the subscriber that failed; only that can disable it.
local function went_wrong(s, sub, now, id, c, theirs)
  put(sub, 'streak', number_of(sub, 'streak') + 1)
  if theirs and sub.bad_from == '' then put(sub, 'bad_from', now) end
  tried(sub, '0')
  if sub.brk == 'open' then
    -- What was in flight when it opened says nothing new; a probe does.
    if sub.probe == id then open_breaker(s, sub, now, c) end
  elseif sub.brk == 'ramp' then
    if half_failed(sub) then open_breaker(s, sub, now, c) end
  elseif sub.streak >= IN_A_ROW or (#sub.try == LAST and half_failed(sub)) then
    open_breaker(s, sub, now, c)
  end
end

-- No success for days, and it was no single bad hour: is it to be disabled?
local function is_lost(sub, now)
  local since = math.max(number_of(sub, 'ok_at'), number_of(sub, 'resumed'), number_of(sub, 'created'))
  return now - since >= NO_SUCCESS and sub.bad_from ~= '' and now - number_of(sub, 'bad_from') >= SPREAD
end

-- How many may leave now by the rate (each: us between two, burst: how many at once), and when the next may.
local function paced(sub, now, each, burst)
  local step = each / 1000
  local ahead = math.max(number_of(sub, 'pace') - now, 0)
  local fit = math.floor((burst * step - ahead) / step + 1e-9)
  return math.max(fit, 0), math.ceil(now + ahead - (burst - 1) * step)
end

local function take_pace(sub, now, each, count)
  put(sub, 'pace', math.max(number_of(sub, 'pace'), now) + count * each / 1000)
end

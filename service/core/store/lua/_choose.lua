-- Who leaves next. Chance is microseconds: a script's own random numbers are the same each time.
local function due_now(line, now, most)
  return most > 0 and redis.call('ZRANGEBYSCORE', 'due:' .. line, '-inf', now, 'LIMIT', 0, most) or {}
end

-- Retries leave at most half of what is in hand to themselves while first attempts are due: the last of
-- those that are `ready` give way to first attempts that are not.
local function balanced(s, now, ready, flying, again, chance)
  local most = math.floor((flying + #ready) / 2) - again
  if (flying + #ready) % 2 == 1 then most = most + chance % 2 end
  local found, first, retries = redis.call('ZMSCORE', 'first:' .. s, unpack(ready)), {}, 0
  for k, id in ipairs(ready) do
    if found[k] then first[id] = true else retries = retries + 1 end
  end
  local over = retries - math.max(most, 0)
  if over <= 0 then return ready end
  local had = #ready - retries
  local firsts = redis.call('ZRANGEBYSCORE', 'first:' .. s, '-inf', now, 'LIMIT', 0, had + over)
  local spared, kept = retries - (#firsts - had), {}
  for _, id in ipairs(ready) do
    if not first[id] and spared > 0 then
      kept[#kept + 1] = id
      spared = spared - 1
    end
  end
  for _, id in ipairs(firsts) do kept[#kept + 1] = id end
  return kept
end

-- Returns the live ones and the replays; of those in hand, `again` were tried before. A probe is just the
-- first that is due: so probes go round, and somebody who wants one now may choose it.
local function choose(s, now, give, flying, again, probe)
  local chance, live = tonumber(redis.call('TIME')[2]), due_now(s, now, give)
  if #live == give and not probe then live = balanced(s, now, live, flying, again, chance) end
  -- Replays have what is left, and now and then a place all the same.
  local replays = due_now(s .. ':replay', now, math.max(give - #live, not probe and chance % 16 == 0 and 1 or 0))
  while #live + #replays > give do table.remove(live) end
  return live, replays
end

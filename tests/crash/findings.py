"""After the last life: what is in Redis and what the subscribers got, held against the model."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from service.core.store.packing import unpack
from tests.crash import erased
from tests.crash.far_ends import FarEnds, Subscriber
from tests.crash.server import Server
from tests.model import arrivals, judge, kept
from tests.model.facts import GONE, State, state_of
from tests.model.history import Record

ENTRY = "activity.created"
_OPEN = """
local out = {}
local function add(text) out[#out + 1] = text end
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  local status = redis.call('HGET', 'conn:' .. c, 'status')
  if status ~= 'active' then add('the connection is ' .. status) end
  local sync = redis.call('HGET', 'conn:' .. c, 'sync')
  if sync and sync ~= '' then
    local done = cjson.decode(sync).done
    if not done or done == 0 then add('a full read') end
  end
  local n = redis.call('XLEN', 'in:' .. c)
  if n > 0 then add(n .. ' inbox entries') end
  n = redis.call('SCARD', 'actopen:' .. c)
  if n > 0 then add(n .. ' actions') end
  n = redis.call('HLEN', 'park:' .. c)
  if n > 0 then add(n .. ' parked roots') end
end
if redis.call('EXISTS', 'dirty') == 1 then add('events that nobody was told of') end
for _, s in ipairs(redis.call('ZRANGE', 'subs', 0, -1)) do
  local n = redis.call('SCARD', 'news:' .. s)
  if n > 0 then add('news of ' .. s) end
  n = redis.call('HLEN', 'd:' .. s)
  if n > 0 then add(n .. ' open deliveries of ' .. s) end
  n = redis.call('HLEN', 'lane:' .. s) + redis.call('ZCARD', 'due:' .. s)
  if n > 0 then add(n .. ' lanes or due times of ' .. s) end
end
for _, r in ipairs(redis.call('ZRANGE', 'rpls', 0, -1)) do
  local status = redis.call('HGET', 'rpl:' .. r, 'status')
  if status ~= 'done' then add('a replay is ' .. (status or 'gone')) end
end
for _, e in ipairs(redis.call('ZRANGE', 'erasures', 0, -1)) do
  local status = redis.call('HGET', 'era:' .. e, 'status')
  if status ~= 'done' then add('an erasure is ' .. (status or 'gone')) end
end
local n = redis.call('HLEN', 'replaying')
if n > 0 then add(n .. ' dead letters that are said to be replayed') end
for _, which in ipairs({'in', 'out', 'rpl', 'era'}) do
  n = redis.call('HLEN', 'lease:' .. which)
  if n > 0 then add(n .. ' leases of ' .. which) end
end
return out
"""


_LOOKS = """
local out = {}
for _, c in ipairs(redis.call('ZRANGE', 'conns', 0, -1)) do
  local watch = redis.call('HGETALL', 'watch:' .. c)
  for k = 1, #watch, 2 do
    if watch[k] == 'reconciling' then out[#out + 1] = 'a reconciliation' end
    if string.find(watch[k], '^due:') and watch[k + 1] == '0' then out[#out + 1] = watch[k] end
  end
  if redis.call('LLEN', 'recq:' .. c) > 0 then out[#out + 1] = 'looks that were put off' end
end
return out
"""


def looks_due(server: Server) -> list[str]:
    """Return what is to be looked at by the clock now, in words."""
    return [row.decode() for row in server.call("EVAL", _LOOKS, 0)]


def open_things(server: Server) -> list[str]:
    """Return what is not settled yet, in words."""
    return [row.decode() for row in server.call("EVAL", _OPEN, 0)]


def events(server: Server, c: str) -> list[dict[str, Any]]:
    """Return a connection's events in the order of its log."""
    entries = server.client.xrange(f"log:{c}")
    bodies = [server.client.get("ev:" + fields[b"e"].decode()) for _, fields in entries]
    return [orjson.loads(body) for body in bodies if body]


def violations(
    server: Server,
    c: str,
    ends: FarEnds,
    names: Mapping[str, str],
    uids: Mapping[str, str],
    strict: bool,
    people: frozenset[str] = frozenset(),
) -> list[str]:
    """Return all that is wrong; `names` are subscriber ids by name, `uids` unified stage ids by remote.

    `people` were erased: what they had is looked for, and is part of no story.
    """
    told = events(server, c)
    found = list(erased.violations(server, c, ends, told, people))
    found += _entries_twice(told)
    told = [e for e in told if not erased.about(e, people) and e["type"] != ENTRY]
    ends.company.history.pasts = erased.without(ends.company.history, people)
    for past in ends.company.history.pasts.values():
        past.states = [_named(state, uids) for state in past.states]
    found += judge.violations(ends.company.history, told)
    dead = list(_dead(server))
    found += [
        f"an inbound dead letter: {one['reason']}" for one in dead if one["kind"] == "inbound"
    ]
    for name, s in names.items():
        subscriber = ends.subscribers[name]
        found += subscriber.wrong
        mine = frozenset(one["event_id"] for one in dead if one["subscriber_id"] == s)
        found += arrivals.violations(
            _wish(subscriber, told, mine, strict), erased.arrivals_without(subscriber, people)
        )
    return found + list(_replays(server, ends))


def _entries_twice(told: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the feed's entries that were told more than once."""
    times = Counter(event["data"]["remote_id"] for event in told if event["type"] == ENTRY)
    yield from (f"entry {i} of the feed is told {n} times" for i, n in times.items() if n > 1)


def kept_wrong(server: Server, c: str, ends: FarEnds, uids: Mapping[str, str]) -> Iterator[str]:
    """Return where the store differs from the company, after a full read with which all was quiet."""
    there = {r: _named(state, uids) for r, state in ends.company.all_states().items()}
    models = {record.model for record in there}
    return kept.violations(there, ends.company.history.pasts, dict(_kept(server, c, models)))


def _kept(server: Server, c: str, models: Iterable[str]) -> Iterator[tuple[Record, State]]:
    for model in models:
        for name in server.client.zrange(f"ix:{c}:{model}", 0, -1):
            fields, gone = server.client.hmget(f"rec:{c}:{model}:{name.decode()}", "f", "d")
            state = GONE if gone == b"1" else state_of(model, unpack(fields))
            yield Record(model, name.decode()), state


def _wish(
    subscriber: Subscriber, told: list[dict[str, Any]], dead: frozenset[str], strict: bool
) -> arrivals.Wish:
    wanted = [
        e
        for e in told
        if "sequence" in e  # operational events have to be named
        and (subscriber.name == "all" or e["type"].startswith(("application.", "job.")))
    ]
    subjects = {event["id"]: arrivals.subject_of(event) for event in wanted}
    return arrivals.Wish(subscriber.name, [e["id"] for e in wanted], subjects, dead, strict)


def _named(state: Mapping[str, Any], uids: Mapping[str, str]) -> dict[str, Any]:
    stage = state.get("current_stage_id")
    return (
        {**state, "current_stage_id": uids[stage]}
        if isinstance(stage, str) and stage in uids
        else {**state}
    )


def _dead(server: Server) -> Iterator[dict[str, Any]]:
    for name in server.client.zrange("dead", 0, -1):
        raw = server.client.get("dlt:" + name.decode())
        if raw:
            yield {"event_id": None, "subscriber_id": None, **orjson.loads(raw)}


def _replays(server: Server, ends: FarEnds) -> Iterator[str]:
    for name in server.client.zrange("rpls", 0, -1):
        r = name.decode()
        total, done, failed = map(int, server.client.hmget(f"rpl:{r}", "total", "done", "failed"))
        came = {
            (one.name, a.event_id)
            for one in ends.subscribers.values()
            for a in one.arrivals
            if a.replay == r and a.taken
        }
        if done + failed != total or len(came) < done:
            yield f"replay {r}: {total} items, {done} done, {failed} failed, {len(came)} came"

"""Read on over many logs: each in commit order, all together by when they were committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from service.core.store.deliveries import LogEntry
from service.core.store.feed import Reading, Stand
from service.core.store.store import Store
from service.core.times import Millis
from service.feed.cursor import encode
from service.feed.rules import Rules

READ_AT_ONCE = 4000
LOOKED_AT_MOST = 5000


@dataclass(slots=True)
class Place:
    """Where a reader stands in every log it reads."""

    stands: dict[str, Stand]
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)  # of logs that had more
    now: Millis = 0

    @property
    def cursor(self) -> str:
        """The place as text."""
        beyond = {c for c, head in self.heads.items() if self.stands[c].key < head}
        return encode(self.stands, self.stands.keys() - beyond, self.now)


class Sent(NamedTuple):
    """An event as the reader sees it; `cursor` is where it is read on after it, if that was asked for."""

    body: bytes
    cursor: str


class Page(NamedTuple):
    """What one look found. `place` is beyond all that was looked at."""

    events: list[Sent]
    missed: int  # erased, expired or trimmed before they were read
    looked: int
    more: bool  # it stopped before the end


class _Next(NamedTuple):
    c: str
    entry: LogEntry
    stand: Stand


async def read(
    store: Store, place: Place, rules: Rules, limit: int, *, marked: bool = False
) -> Page:
    """Read up to `limit` events beyond `place`, and move it; `marked`: each with its cursor."""
    events: list[Sent] = []
    missed = looked = 0
    while len(events) < limit and looked < LOOKED_AT_MOST:
        batch, lost, more = await _batch(store, place, limit)
        chosen, used = _chosen(batch, rules, limit - len(events), place, marked=marked)
        found, gone = await _bodies(store, rules, chosen)
        events += found
        missed += lost + gone
        looked += used
        if used == len(batch) and not more:
            return Page(events, missed, looked, False)
    return Page(events, missed, looked, True)


async def _batch(store: Store, place: Place, limit: int) -> tuple[list[_Next], int, bool]:
    """Return what comes next in all logs, how much of it is lost, and whether there is more."""
    each = max(10, min(limit, READ_AT_ONCE // (len(place.stands) or 1)))
    reading = await store.feed.read(place.stands, each)
    place.now = reading.now
    place.heads = {c: more.head for c, more in reading.logs.items()}
    for c, more in reading.logs.items():
        place.stands[c] = more.start
    lost = sum(more.missed for more in reading.logs.values())
    horizon = _horizon(reading, each)
    batch = [
        _Next(c, entry, stand)
        for c, more in reading.logs.items()
        for entry, stand in more.entries
        if horizon is None or stand.key <= horizon
    ]
    batch.sort(key=lambda each: (each.stand.key, each.c))
    return batch, lost, horizon is not None


def _horizon(reading: Reading, each: int) -> tuple[int, int] | None:
    """Return up to where all logs are known, if some have more: beyond it, theirs may come first."""
    full = [m.entries[-1][1].key for m in reading.logs.values() if len(m.entries) == each]
    return min(full, default=None)


def _chosen(
    batch: list[_Next], rules: Rules, wanted: int, place: Place, *, marked: bool
) -> tuple[list[tuple[str, str]], int]:
    """Move the place over the batch until enough is chosen; returns (event id, cursor), and how far."""
    chosen: list[tuple[str, str]] = []
    used = 0
    for c, entry, stand in batch:
        if len(chosen) == wanted:
            break
        place.stands[c] = stand
        used += 1
        if rules.names(c, entry):
            chosen.append((entry.event_id, place.cursor if marked else ""))
    return chosen, used


async def _bodies(
    store: Store, rules: Rules, chosen: list[tuple[str, str]]
) -> tuple[list[Sent], int]:
    bodies = await store.log.bodies([event_id for event_id, _ in chosen])
    there = [(body, cursor) for body, (_, cursor) in zip(bodies, chosen, strict=True) if body]
    shown = await rules.shown([body for body, _ in there])
    sent = [Sent(s, cursor) for s, (_, cursor) in zip(shown, there, strict=True) if s is not None]
    return sent, len(chosen) - len(there)


async def at_head(store: Store, connections: Mapping[str, object]) -> Place:
    """Return the place beyond everything that was committed so far."""
    heads = await store.feed.heads()
    now = await store.log.ago(0)
    return Place({c: heads.get(c, Stand(0, 0, 0)) for c in connections}, {}, now)

"""Select events: of the log from an instant on, or by id; for whoever wants them."""

from collections.abc import Sequence

from service.core import ids
from service.core.delivery.choosing import choose
from service.core.replaying.chunks import Bodies, Chosen, Chunk, read, written
from service.core.replaying.facts import Fact, Test
from service.core.replaying.query import Query
from service.core.store.deliveries import LogEntry
from service.core.store.replays import Item
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.core.times import within

ENTRIES = 500
ITEMS = 5000
PAIRS = 500  # asked about in one script
LAST = 2**63 - 1


class EventSelection:
    """A selection of events; `subscribers` are those that may get them."""

    def __init__(self, store: Store, query: Query, subscribers: Sequence[Subscriber]) -> None:
        self._store = store
        self._query = query
        self._test = Test(query)
        self._subscribers = subscribers
        self._at_once = max(1, min(ENTRIES, ITEMS // (len(subscribers) or 1)))
        # Who names both event and subscriber means just that.
        self._named = query.source == "events" and query.subscriber_ids is not None

    async def next(self, cursor: str) -> Chunk:
        """Look at the next entries of the log, or at the next of the events that are named."""
        if not self._subscribers:
            return Chunk([], cursor, ended=True)
        return await (self._by_id(cursor) if self._query.source == "events" else self._log(cursor))

    async def _by_id(self, cursor: str) -> Chunk:
        start = read(cursor)[0] if cursor else 0
        names = self._query.ids[start : start + self._at_once]
        raw = await self._store.log.bodies(names)
        facts = [Fact.of_body(body) for body in raw if body is not None]
        good = [f for f in facts if self._fits(f)]
        chosen: list[Chosen] = []
        # In the order of the ids: each connection's own order is kept by choosing run by run.
        for run in _runs(good):
            rows = [_entry(fact) for fact in run]
            chosen += await self._chosen(run[0].connection_id, rows)
        end = start + len(names)
        return Chunk(chosen, written(end), ended=end >= len(self._query.ids))

    async def _log(self, cursor: str) -> Chunk:
        floor = f"{max(0, (self._query.since or 0) - 1)}-{LAST}"
        at, position = read(cursor) if cursor else (0, floor)
        if at >= len(self._query.connections):
            return Chunk([], cursor, ended=True)
        c = self._query.connections[at]
        rows = await self._store.log.oldest(c, position, self._at_once)
        inside = [row for row in rows if _ms(row) <= (self._query.until or LAST)]
        good = [row for row in inside if self._fits(Fact.of_entry(c, row))]
        chosen = await self._chosen(c, good)
        if len(inside) == self._at_once:
            return Chunk(chosen, written(at, inside[-1].position), ended=False)
        ended = at + 1 >= len(self._query.connections)
        return Chunk(chosen, written(at + 1, floor), ended=ended)

    def _fits(self, fact: Fact) -> bool:
        return self._test.takes(fact) and within(fact.ms, self._query.since, self._query.until)

    async def _chosen(self, c: str, entries: Sequence[LogEntry]) -> list[Chosen]:
        """Return each entry for each subscriber that wants it, entry by entry."""
        bodies = Bodies()
        verdicts = [await self._verdicts(s, c, entries, bodies) for s in self._subscribers]
        return [
            Chosen(Item(entry.event_id, s.id), entry.type)
            for k, entry in enumerate(entries)
            for s, wants in zip(self._subscribers, verdicts, strict=True)
            if wants[k]
        ]

    async def _verdicts(
        self, s: Subscriber, c: str, entries: Sequence[LogEntry], bodies: Bodies
    ) -> list[bool]:
        if not entries:
            return []
        wants = [True] * len(entries)
        if not self._named:
            wants = await choose(self._store, s, c, entries, bodies)
        return await self._lacking(s, c, entries, wants) if self._query.missing else wants

    async def _lacking(
        self, s: Subscriber, c: str, entries: Sequence[LogEntry], wants: Sequence[bool]
    ) -> list[bool]:
        """Leave what the subscriber received, and what it has yet to read and so gets anyway.

        Kombo's format tells no event but that models changed: of no event can it be said there.
        """
        if s.wanted.format == "kombo":
            return [False] * len(entries)
        read_to = _key(await self._store.log.position(s.id, c))
        asked = [
            entry.event_id
            for entry, good in zip(entries, wants, strict=True)
            if good and (not entry.position or _key(entry.position) <= read_to)
        ]
        lacking = await lacks(self._store, [(event_id, s.id) for event_id in asked])
        left = {event_id for event_id, gone in zip(asked, lacking, strict=True) if gone}
        return [entry.event_id in left for entry in entries]


async def lacks(store: Store, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """Say of each (event, subscriber) whether no delivery of it was received or is on its way."""
    found: list[bool] = []
    for start in range(0, len(pairs), PAIRS):
        flat = [
            part
            for event_id, s in pairs[start : start + PAIRS]
            for part in (event_id, s, ids.subscriber_tag(s))
        ]
        found += [bool(one) for one in await store.pipe.run("missing", *flat)]
    return found


def _entry(fact: Fact) -> LogEntry:
    return LogEntry("", fact.event_id, fact.type, fact.lane, fact.model, fact.remote_id)


def _runs(facts: Sequence[Fact]) -> list[list[Fact]]:
    """Return the facts cut where the connection changes."""
    runs: list[list[Fact]] = []
    for fact in facts:
        if not runs or runs[-1][0].connection_id != fact.connection_id:
            runs.append([])
        runs[-1].append(fact)
    return runs


def _ms(entry: LogEntry) -> int:
    return _key(entry.position)[0]


def _key(position: str) -> tuple[int, int]:
    ms, _, number = position.partition("-")
    return int(ms), int(number or 0)

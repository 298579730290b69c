"""Select dead letters: all that fit, oldest first, or by id."""

from collections.abc import Sequence

from service.core import ids
from service.core.replaying.chunks import Chosen, Chunk, read, written
from service.core.replaying.events import lacks
from service.core.replaying.facts import Fact, Test
from service.core.replaying.query import Query
from service.core.store.dead_letters import DeadLetter
from service.core.store.listing import Row
from service.core.store.replays import Item, once
from service.core.store.store import Store
from service.core.times import within

INBOUND = "inbound"
AT_ONCE, LOADED = 500, 100


class LetterSelection:
    """A selection of dead letters; what another replay sends again is left to that."""

    def __init__(self, store: Store, query: Query) -> None:
        self._store = store
        self._query = query
        self._test = Test(query)

    async def next(self, cursor: str) -> Chunk:
        """Look at the next dead letters."""
        letters, after, ended = await self._letters(cursor)
        good = await self._fitting(letters)
        types = {d.id: d.type or INBOUND for d in good}
        items = once([Item(d.event_id or "", d.subscriber_id or "", d.id) for d in good])
        if self._query.missing:
            items = await self._missing(items)
        return Chunk([Chosen(i, types[i.dead_letter_id]) for i in items], after, ended)

    async def _letters(self, cursor: str) -> tuple[list[DeadLetter], str, bool]:
        if self._query.source == "named_letters":
            start = read(cursor)[0] if cursor else 0
            names = list(self._query.ids[start : start + AT_ONCE])
            end = start + len(names)
            return await self._load(names), written(end), end >= len(self._query.ids)
        rows = await self._store.dead_letters.oldest(self._after(cursor), AT_ONCE)
        # What fails again while this goes on comes back at the end: it is not taken twice.
        inside = [row for row in rows if within(row.score, None, self._query.until)]
        after = written(*rows[-1]) if rows else cursor
        return await self._load([r.member for r in inside]), after, len(inside) < AT_ONCE

    def _after(self, cursor: str) -> Row | None:
        if cursor:
            return Row(*read(cursor))
        # 0x00 comes before every name: from the first of that instant on.
        return Row("\0", self._query.since) if self._query.since else None

    async def _load(self, names: Sequence[str]) -> list[DeadLetter]:
        found: list[DeadLetter] = []
        taken = await self._store.dead_letters.replayed_by(names)
        free = [name for name, by in zip(names, taken, strict=True) if by is None]
        for start in range(0, len(free), LOADED):
            some = await self._store.dead_letters.load(free[start : start + LOADED])
            # A quarantined body may be a megabyte.
            found += [d.model_copy(update={"body": None}) if d.body else d for d in some if d]
        return found

    async def _fitting(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        good = [d for d in letters if self._says_so(d)]
        if self._query.http_status is not None:
            good = await self._answered(good)
        facts = await self._facts(good)
        return [d for d, fact in zip(good, facts, strict=True) if self._test.takes(fact)]

    def _says_so(self, dead: DeadLetter) -> bool:
        """Say whether it fits as far as it says so itself."""
        q = self._query
        return (
            q.kind in (None, dead.kind)
            and (q.event_ids is None or dead.event_id in q.event_ids)
            and (q.subscriber_ids is None or dead.subscriber_id in q.subscriber_ids)
            and within(dead.failed_at, q.since, q.until)
        )

    async def _facts(self, letters: Sequence[DeadLetter]) -> list[Fact]:
        if not self._test.by_record:
            return [Fact("", d.type, d.connection_id, "", "", "", 0) for d in letters]
        bodies: dict[str, bytes] = {}
        names = [d.event_id for d in letters if d.event_id]
        for event_id, raw in zip(names, await self._store.log.bodies(names), strict=True):
            if raw is not None:
                bodies[event_id] = raw
        return [_fact(d, bodies.get(d.event_id or "")) for d in letters]

    async def _answered(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Return those whose last attempt was answered with one of the statuses."""
        owners = {
            ids.tag_of(d.delivery_id): d.subscriber_id or "" for d in letters if d.delivery_id
        }
        names = [d.delivery_id or "" for d in letters]
        found = await self._store.deliveries.load(names, owners)
        wanted = self._query.http_status or ()
        return [
            d
            for d, delivery in zip(letters, found, strict=True)
            if delivery and delivery.log and delivery.log[-1].status_code in wanted
        ]

    async def _missing(self, items: Sequence[Item]) -> list[Item]:
        lacking = await lacks(self._store, [(i.event_id, i.subscriber_id) for i in items])
        return [i for i, gone in zip(items, lacking, strict=True) if gone or not i.event_id]


def _fact(dead: DeadLetter, body: bytes | None) -> Fact:
    if body is not None:
        return Fact.of_body(body)._replace(type=dead.type)
    return Fact.of_root(dead.connection_id, dead.type, dead.root or "")

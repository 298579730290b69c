"""Read a list page by page: in the order in which its records changed, or by a field.

A page with a cursor is never empty: clients stop at an empty one. A filter that lets little through ends
a page early once it has a record; one that lets nothing through is followed to the end, or refused when
that takes too long.
"""

import base64
from bisect import bisect_left, bisect_right
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, NamedTuple

import orjson

from service.core.store import index
from service.core.store.listing import Row
from service.core.unified.model import Ref
from service.kombo.kept import Kept, by_number
from service.ops.paging import decoded
from service.problems import Problem
from service.truto.asked import Asked
from service.truto.envelope import Refused, invalid
from service.truto.orders import Orders
from service.truto.resource import Counter, Resource, Shape

CHUNK: Final = 250
LOOKED_AT_MOST: Final = 5000
LATEST: Final = 2**53
WITHIN_S: Final = 30.0


class Place(NamedTuple):
    """Where a record stands: when it changed, or the value that it is ordered by; then its id."""

    at: int | str
    member: str


class Found(NamedTuple):
    """A page: records, how they are shown, and the cursor of the next."""

    rows: list[Kept]
    shapes: list[Shape]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """One look at one list."""

    counter: Counter
    resource: Resource
    asked: Asked
    orders: Orders

    async def page(self, cursor: str | None, limit: int) -> Found:
        """Return a page; raises Refused for a cursor that is none of this list."""
        rows, shapes = list[Kept](), list[Shape]()
        last: Place | None = None
        looked, until = 0, monotonic() + WITHIN_S
        async with aclosing(self._chunks(self._after(cursor), limit)) as chunks:
            async for chunk in chunks:
                fitting = await self._fitting([row for _, row in chunk if row])
                for place, row in chunk:
                    shape = fitting.get(row.ref) if row else None
                    if shape is not None and len(rows) == limit:
                        return Found(rows, shapes, self._cursor(last))
                    if row is not None and shape is not None:
                        rows.append(row)
                        shapes.append(shape)
                    last, looked = place, looked + 1
                if rows and looked >= LOOKED_AT_MOST:
                    return Found(rows, shapes, self._cursor(last))
                if not rows and monotonic() > until:
                    detail = f"nothing was found in {WITHIN_S:.0f} s: ask for less with filters"
                    raise Refused(504, detail)
        return Found(rows, shapes, None)

    async def _fitting(self, rows: Sequence[Kept]) -> dict[Ref, Shape]:
        """Return how those records are shown that may be and that the filters let through."""
        where = self.asked.where
        there = [row for row in rows if not row.deleted and self.resource.listed(row.fields)]
        pairs = [(row, self.resource.begun(row)) for row in there]
        # Only what the filters look at is joined for those that they leave out.
        await self._join(pairs, frozenset(where.fields() & self.resource.joined))
        pairs = [pair for pair in pairs if where.holds(pair[1])]
        await self._join(pairs, self.resource.joined)
        self.counter.desk.families.clear()
        return {row.ref: shape for row, shape in pairs}

    async def _join(self, pairs: Sequence[tuple[Kept, Shape]], wanted: frozenset[str]) -> None:
        if pairs and wanted:
            rows, shapes = [row for row, _ in pairs], [shape for _, shape in pairs]
            await self.resource.join(self.counter, rows, shapes, wanted)

    async def _chunks(
        self, after: Place | None, limit: int
    ) -> AsyncGenerator[list[tuple[Place, Kept | None]], None]:
        size = CHUNK if self.asked.where.fields() else min(CHUNK, limit + 1)
        if self.asked.sort is None:
            async for places in self._changed(after, size):
                yield await self._read(places)
        else:
            places = await self._sorted(after)
            for start in range(0, len(places), size):
                yield await self._read(places[start : start + size])

    async def _read(self, places: Sequence[Place]) -> list[tuple[Place, Kept | None]]:
        refs = [Ref(self.resource.model, place.member) for place in places]
        kept = await self.counter.desk.kept(refs)
        return [(place, kept.get(ref)) for place, ref in zip(places, refs, strict=True)]

    async def _changed(self, after: Place | None, size: int) -> AsyncGenerator[list[Place], None]:
        desk = self.counter.desk
        start = Row(after.member, int(after.at)) if after else None
        while page := await index.page(desk.store.pipe, desk.c, self.resource.model, start, size):
            yield [Place(row.score, row.member) for row in page]
            start = page[-1]

    async def _sorted(self, after: Place | None) -> list[Place]:
        sort = self.asked.sort
        if sort is None:
            return []
        field = self.resource.sortable[sort.field]
        order = await self.orders.get(self.counter.desk, self.resource, field)
        if after is not None:
            mine = (str(after.at), by_number(after.member), after.member)
            start = bisect_left(order, mine) if sort.falling else bisect_right(order, mine)
            order = order[:start] if sort.falling else order[start:]
        places = [Place(value, member) for value, _, member in order]
        return places[::-1] if sort.falling else places

    def _cursor(self, place: Place | None) -> str | None:
        if place is None:
            return None
        parts = (self.resource.name, self.asked.digest, place.at, place.member)
        return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")

    def _after(self, cursor: str | None) -> Place | None:
        if cursor is None:
            return None
        kind: type[Any] = int if self.asked.sort is None else str
        try:
            name, digest, at, member = decoded(cursor, str, str, kind, str)
        except Problem:
            raise _refused() from None
        good = (name, digest) == (self.resource.name, self.asked.digest)
        good = good and member.isascii() and member.isprintable() and bool(member)
        if not good or (isinstance(at, int) and not 0 <= at < LATEST):
            raise _refused()
        return Place(at, member)


def _refused() -> Exception:
    return invalid("next_cursor", "is not a cursor of this list: send it with the same filters")

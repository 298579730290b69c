"""Read a list in the order in which its records changed, so that nothing is missed while it grows.

A record that changes while it is being paged through comes again, with what is new of it; one that does
not stands where it stood. With `updated_after` the indexes of related models are read side by side with
the list's own: each record comes at the latest of all its marks, once.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from heapq import merge
from typing import NamedTuple

from service.core.store import index
from service.core.store.listing import Row
from service.core.unified.model import Ref
from service.kombo.asked import Asked
from service.kombo.kept import Desk, Kept, by_number
from service.kombo.listing import Listing, Mark, Place

CHUNK = 250
LOOKED_AT_MOST = 5000
"""Records for one page: clients give up after 5 s, and a filter may let nothing through."""

Found = tuple[Place, Kept | None]
Chunks = AsyncGenerator[list[Found], None]


class Walk(NamedTuple):
    """One look at one list."""

    desk: Desk
    listing: Listing
    asked: Asked
    after: Place | None

    async def found(self) -> AsyncGenerator[Found, None]:
        """Yield every place, in order, and what is there: None where a filter leaves it out."""
        chosen = await self._chosen()
        if chosen is not None:
            chunks = self._among(chosen)
        elif self.asked.updated_after is not None and self.listing.moved is not None:
            chunks = self._merged(self.asked.updated_after)
        else:
            chunks = self._plain()
        async for chunk in chunks:
            fitting = await self._fitting([row for _, row in chunk if row])
            for place, row in chunk:
                yield place, row if row and row.ref in fitting else None
            self.desk.families.clear()

    @property
    def _model(self) -> str:
        return str(self.listing.model)

    async def _chosen(self) -> set[str] | None:
        """Return the remote ids to look at where a filter names them; None: all."""
        asked, sets = self.asked, list[set[str]]()
        if asked.ids is not None:
            sets.append(set((await self.desk.remote_ids(self._model, asked.ids)).values()))
        if asked.remote_ids is not None:
            sets.append(set(asked.remote_ids))
        if (among := await self.listing.chosen(self.desk, asked)) is not None:
            sets.append(among)
        return set.intersection(*sets) if sets else None

    async def _fitting(self, rows: Sequence[Kept]) -> set[Ref]:
        there = [row for row in rows if self._may_be_shown(row)]
        if not there:
            return set()
        fits = await self.listing.fits(self.desk, self.asked, there)
        return {row.ref for row, fit in zip(there, fits, strict=True) if fit}

    def _may_be_shown(self, row: Kept) -> bool:
        return (self.asked.include_deleted or not row.deleted) and self.listing.listed(row.fields)

    async def _among(self, chosen: set[str]) -> Chunks:
        """Yield the records chosen, by their latest mark."""
        refs = [Ref(self._model, i) for i in sorted(chosen, key=by_number)]
        placed: list[Found] = []
        for start in range(0, len(refs), CHUNK):
            kept = await self.desk.kept(refs[start : start + CHUNK])
            placed += await self._placed(list(kept.values()))
        since = self.asked.updated_after
        placed = [each for each in placed if since is None or each[0].mark.at >= since]
        beyond = [each for each in placed if self.after is None or each[0] > self.after]
        beyond.sort(key=lambda each: each[0])
        for start in range(0, len(beyond), CHUNK):
            yield beyond[start : start + CHUNK]

    async def _placed(self, rows: Sequence[Kept]) -> list[Found]:
        """Return each record with its place: that of its own change unless times are asked for."""
        marks = await self._marks(rows) if self.asked.updated_after is not None else {}
        return [(Place(marks.get(row.ref, _own(row)), row.ref.remote_id), row) for row in rows]

    async def _marks(self, rows: Sequence[Kept]) -> dict[Ref, Mark]:
        related = await self.listing.marks(self.desk, rows)
        return {row.ref: max((_own(row), *related.get(row.ref, ()))) for row in rows}

    async def _plain(self) -> Chunks:
        """Yield the list's own index; where related changes count, the model is small: all of it."""
        since = self.asked.updated_after
        start = None if since is None or self.listing.related else Row(index.FIRST, since)
        if self.after is not None:
            start = Row(self.after.mark.member, self.after.mark.at)
        while page := await index.page(
            self.desk.store.pipe, self.desk.c, self._model, start, self._chunk()
        ):
            kept = await self.desk.kept(Ref(self._model, row.member) for row in page)
            marks = await self._marks(list(kept.values())) if since is not None else {}
            late = {ref for ref, mark in marks.items() if since is not None and mark.at < since}
            refs = [Ref(self._model, row.member) for row in page]
            yield [
                (
                    Place(Mark(at.score, 0, at.member), at.member),
                    None if ref in late else kept.get(ref),
                )
                for at, ref in zip(page, refs, strict=True)
            ]
            start = page[-1]

    def _chunk(self) -> int:
        """Return how much to look at at once: one more than the page where nothing is left out."""
        asked = self.asked
        return CHUNK if asked.own() else min(CHUNK, asked.page_size + 1)

    async def _merged(self, since: int) -> Chunks:
        """Yield each record at the latest of the marks that it and related ones have since."""
        async for marks in self._marked(since):
            owners = await self._owners(marks)
            kept = await self.desk.kept(Ref(self._model, i) for ids in owners.values() for i in ids)
            latest = await self._marks(list(kept.values()))
            found = [each for mark in marks for each in self._at(mark, owners, kept, latest)]
            yield [each for each in found if self.after is None or each[0] > self.after]
            self.desk.families.clear()

    def _at(
        self,
        mark: Mark,
        owners: Mapping[Mark, Sequence[str]],
        kept: Mapping[Ref, Kept],
        latest: Mapping[Ref, Mark],
    ) -> list[Found]:
        """Return the records whose latest mark this is; where there are none, that it was looked at."""
        refs = [Ref(self._model, i) for i in owners.get(mark, ())]
        found: list[Found] = [
            (Place(mark, ref.remote_id), kept[ref]) for ref in refs if latest.get(ref) == mark
        ]
        return found or [(Place(mark, ""), None)]

    async def _owners(self, marks: Sequence[Mark]) -> dict[Mark, list[str]]:
        """Return which records of the list (remote ids, sorted) each mark is on."""
        owners = {mark: [mark.member] for mark in marks if mark.source == 0}
        others = [mark for mark in marks if mark.source > 0]
        rows = await self.desk.kept(self._ref(mark) for mark in others)
        if rows and self.listing.moved:
            moved = await self.listing.moved(self.desk, list(rows.values()))
            owners |= {mark: sorted(moved.get(self._ref(mark), ())) for mark in others}
        return owners

    def _ref(self, mark: Mark) -> Ref:
        models = (self._model, *self.listing.related)
        return Ref(models[mark.source], mark.member)

    async def _marked(self, since: int) -> AsyncGenerator[list[Mark], None]:
        """Yield the marks of all indexes in one order, in chunks, from the cursor's own on."""
        models = (self._model, *self.listing.related)
        starts = [self._start(source, since) for source in range(len(models))]
        while True:
            pages = [
                await index.page(self.desk.store.pipe, self.desk.c, model, start, CHUNK)
                for model, start in zip(models, starts, strict=True)
            ]
            # Beyond the end of a page that was full nobody knows yet what comes.
            ends = [
                Mark(page[-1].score, source, page[-1].member)
                for source, page in enumerate(pages)
                if len(page) == CHUNK
            ]
            marks = list(merge(*(_marks_of(source, page) for source, page in enumerate(pages))))
            whole = [mark for mark in marks if not ends or mark <= min(ends)]
            if whole:
                yield whole
            if not ends:
                return
            for mark in whole:
                starts[mark.source] = Row(mark.member, mark.at)

    def _start(self, source: int, since: int) -> Row:
        """Return the row beyond which an index is read on; the cursor's own entry is read again.

        It may be on several records, of which the page before had only the first.
        """
        if self.after is None:
            return Row(index.FIRST, since)
        mark = self.after.mark
        if source == mark.source:
            return Row(_just_before(mark.member), mark.at)
        return Row(index.LAST if source < mark.source else index.FIRST, mark.at)


def _own(row: Kept) -> Mark:
    return Mark(row.changed, 0, row.ref.remote_id)


def _marks_of(source: int, page: Sequence[Row]) -> Iterator[Mark]:
    return (Mark(row.score, source, row.member) for row in page)


def _just_before(member: str) -> str:
    """Return a text right before another, which no remote id is."""
    return member[:-1] + chr(ord(member[-1]) - 1) + index.LAST if member else index.FIRST

"""Go through candidate search, what moved latest first, down to where the last look began.

Search shows what the plain list does not: who was active. No filter is used, since Recruitee ignores one
that it does not know in silence; an order that it ignores shows in the times themselves. Activity is more
than the candidate's own page: whether all that it may mean was looked at is kept by itself, for a fetch of
the page alone brings its time up to date as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from service.core import times
from service.core.recruitee.client import Answer, Ok
from service.core.store.connections import Connection
from service.core.unified.model import Ref, Snapshot
from service.core.unified.reading import identifier, mapping, mappings
from workers.asking import Asking
from workers.context import Context
from workers.lists import Row, objects

PATH: Final = "/search/new/candidates"
HITS, DEEPEST = 100, 10_000  # a page; how far back search is known to go
PAGES_A_STEP = 10
OVERLAP_MS, FRESH_MS = 120_000, 2000
BURST = 2
ACTIVITY: Final = "last_activity_at"
Order = Literal["updated_at", "last_activity_at"]
ORDERS: Final[Mapping[Order, str]] = {
    "updated_at": "remote_updated_at",
    "last_activity_at": "last_activity_at",
}
"""Search order -> the field that has the same of a record."""


class Turn(NamedTuple):
    """What some pages came to."""

    differing: dict[str, int]  # candidate's remote id -> its time, in Recruitee's ms
    pages: int
    at: int = 0  # the page to go on with, 0: it went down to the mark
    top: int = 0  # the latest time of all, in Recruitee's ms
    mark: int = 0  # how far the next look has to go down
    doubt: str = ""  # why it cannot be believed
    instead: Answer | None = None  # what came instead of a page


@dataclass(slots=True)
class Search:
    """One way down: from page `at` (0: from the top) to the times before `mark`."""

    ctx: Context
    connection: Connection
    order: Order
    mark: int  # Recruitee's ms; 0: nobody went down before, one page will do
    at: int = 0
    top: int = 0
    _last: int | None = None
    _found: dict[str, int] = field(default_factory=dict)

    async def go(self, pages: int = PAGES_A_STEP) -> Turn:
        """Read some pages; raises Unanswered."""
        first = max(self.at, 1)
        for number in range(first, first + pages):
            hits = await self._page(number)
            read = number - first + 1
            if not isinstance(hits, list):
                return Turn(self._found, read, instead=hits)
            at = [ms for hit in hits if (ms := times.parse(hit.get(self.order))) is not None]
            if doubt := self._doubt(hits, at):
                return Turn(self._found, read, doubt=doubt)
            self.top, self._last = max([self.top, *at]), at[-1] if at else self._last
            self._found |= await self._differing(hits)
            if len(hits) < HITS or not self.mark or at[-1] < self.mark - OVERLAP_MS:
                return Turn(self._found, read, 0, self.top, self._next)
            if number * HITS >= DEEPEST:
                why = "search does not go back far enough"
                return Turn(self._found, read, 0, self.top, self._next, why)
        return Turn(self._found, pages, first + pages, self.top, self.mark)

    @property
    def _next(self) -> int:
        """The next mark: the latest second, which is looked at once more before it is over."""
        return self.top if self.top > self.mark else self.mark // 1000 * 1000 + 999

    async def head(self) -> int | None:
        """Return the latest time there is, Recruitee's; None where search is not for this token."""
        hits = await self._page(1, 1)
        if not isinstance(hits, list):
            return None
        return max((times.parse(hit.get(self.order)) or 0 for hit in hits), default=0)

    async def _page(self, number: int, limit: int = HITS) -> list[Row] | Answer:
        params = {"sort_by": f"{self.order}_desc", "limit": str(limit), "page": str(number)}
        answer = await Asking(self.ctx, self.connection, BURST).further(PATH, params)
        return objects(answer.data.get("hits")) if isinstance(answer, Ok) else answer

    def _doubt(self, hits: Sequence[Row], at: Sequence[int]) -> str:
        if len(at) < len(hits):
            return f"search hits have no {self.order}"
        line = [self._last, *at] if self._last is not None else list(at)
        # Between two pages somebody may have moved to the top, and all others one place down.
        unsorted = any(later > earlier for earlier, later in pairwise(at))
        if unsorted or (len(line) > len(at) and at and line[1] > line[0] + OVERLAP_MS):
            return f"search is not in the order of {self.order}"
        return ""

    async def _differing(self, hits: Sequence[Row]) -> dict[str, int]:
        """Return those whose time is not the one that we have."""
        named = {i: hit for hit in hits if (i := identifier(hit.get("id"))) and self._wanted(hit)}
        c, store = self.connection.id, self.ctx.store
        named = await self._created(named)
        barred = await store.suppression.among(c, named)
        at = {
            i: times.parse(hit.get(self.order)) or 0 for i, hit in named.items() if i not in barred
        }
        known = await store.records.load(c, [Ref("candidate", i) for i in at])
        looked = await store.watching.looked(c, list(at)) if self.order == ACTIVITY else {}
        return {
            i: ms
            for i, ms in at.items()
            if self._differs(ms, known.get(Ref("candidate", i)), looked.get(i, 0))
        }

    def _wanted(self, hit: Row) -> bool:
        """Say whether a hit may be within the scope; departments are judged with the jobs themselves."""
        jobs = self.connection.options.scope.jobs
        named = {
            identifier(mapping(p.get("offer")).get("id")) for p in mappings(hit.get("placements"))
        }
        return hit.get("example") is not True and (jobs is None or bool(named & set(jobs)))

    async def _created(self, named: dict[str, Row]) -> dict[str, Row]:
        """Leave out, where only what was made or imported is kept, whoever is not among it."""
        if not self.connection.options.scope.only_created:
            return named
        refs = {i: [Ref("candidate", i), *_applications(hit)] for i, hit in named.items()}
        every = [ref for each in refs.values() for ref in each]
        made = await self.ctx.store.made.among(self.connection.id, every)
        return {i: hit for i, hit in named.items() if not made.isdisjoint(refs[i])}

    def _differs(self, at: int, before: Snapshot | None, looked: int) -> bool:
        """Search is exact to the second: what came within the latest is looked at once more."""
        fresh = at >= self.top - FRESH_MS and self.top >= self.mark
        if before is None or before.deleted or fresh:
            return True
        if at == looked:
            return False
        had = times.parse(before.fields.get(ORDERS[self.order]))
        later = self.order == ACTIVITY and self.mark > 0 and at > self.mark
        return later or had is None or at // 1000 != had // 1000


def _applications(hit: Row) -> list[Ref]:
    named = (identifier(each.get("id")) for each in mappings(hit.get("placements")))
    return [Ref("application", each) for each in named if each]

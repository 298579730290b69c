"""Go through candidate search, what moved latest first, down to where the last look began.

Search shows what the plain list does not: activity, tags. No filter is used, since Recruitee ignores one
that it does not know in silence; an order that it ignores shows in the times themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from service.core import times
from service.core.recruitee.client import Answer, Ok
from service.core.store.connections import Connection
from service.core.store.records import Known
from service.core.unified.model import Ref
from service.core.unified.reading import identifier, mapping, mappings
from workers.asking import Asking
from workers.context import Context
from workers.lists import Row, objects

PATH: Final = "/search/new/candidates"
HITS, DEEPEST = 100, 10_000  # a page; how far back search is known to go
PAGES_A_STEP = 10
OVERLAP_MS = 120_000
BURST = 2
Order = Literal["updated_at", "last_activity_at"]
ORDERS: Final[Mapping[Order, str]] = {
    "updated_at": "remote_updated_at",
    "last_activity_at": "last_activity_at",
}
"""Search order -> the field that has the same of a record."""


class Turn(NamedTuple):
    """What some pages came to."""

    differing: list[str]  # candidates, remote ids
    pages: int
    at: int = 0  # the page to go on with, 0: it went down to the mark
    top: int = 0  # the latest time of all, in Recruitee's ms: the next mark
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
    _found: list[str] = field(default_factory=list)

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
            self._found += await self._differing(hits)
            self.top, self._last = max([self.top, *at]), at[-1] if at else self._last
            if len(hits) < HITS or not self.mark or at[-1] < self.mark - OVERLAP_MS:
                return Turn(self._found, read, 0, self.top)
            if number * HITS >= DEEPEST:
                return Turn(self._found, read, 0, self.top, "search does not go back far enough")
        return Turn(self._found, pages, first + pages, self.top)

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

    async def _differing(self, hits: Sequence[Row]) -> list[str]:
        """Return those whose time is not the one that we have."""
        named = {i: hit for hit in hits if (i := identifier(hit.get("id"))) and self._wanted(hit)}
        barred = await self.ctx.store.suppression.among(self.connection.id, named)
        refs = [Ref("candidate", i) for i in named if i not in barred]
        known = await self.ctx.store.records.load(self.connection.id, refs)
        return [ref.remote_id for ref in refs if self._differs(named[ref.remote_id], ref, known)]

    def _wanted(self, hit: Row) -> bool:
        """Say whether a hit may be within the scope; departments are judged with the jobs themselves."""
        jobs = self.connection.options.scope.jobs
        named = {
            identifier(mapping(p.get("offer")).get("id")) for p in mappings(hit.get("placements"))
        }
        return hit.get("example") is not True and (jobs is None or bool(named & set(jobs)))

    def _differs(self, hit: Row, ref: Ref, known: Known) -> bool:
        before = known.get(ref)
        if before is None or before.deleted:
            return True
        said = times.parse(hit.get(self.order))
        had = times.parse(before.fields.get(ORDERS[self.order]))
        # Search is exact to the second, a record to the microsecond.
        return said is None or had is None or said // 1000 != had // 1000

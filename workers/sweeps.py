"""Sweeps: lists that are looked at by the clock for what neither a webhook nor the feed tells.

Candidates are found by search, newest first, down to the last one that was seen; what is listed whole is
read and compared; jobs are compared by their own update times. Whatever differs goes into the inbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from service.core import times
from service.core.logs import logger
from service.core.recruitee.client import Hidden, Later, Missing, Ok, Refused, Unauthorized
from service.core.recruitee.webhook import entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Cause, Ref
from service.core.unified.reading import identifier
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking, Done, Failed, Outcome, Unanswered
from workers.collect import COMPANY, collect
from workers.context import Context
from workers.lists import Row, objects, page

SEARCH = "/search/new/candidates"
HITS = 100
PAGES = 200
OVERLAP_MS = 120_000
CANDIDATES, ACTIVE_CANDIDATES = "candidates", "active_candidates"
FED_S, UNFED_S = 900.0, 120.0  # while the feed is read, and while it is not served
ROOT_S = {"job": 1800.0, "question_template": 3600.0}
BESIDE_BURST = 2
BECAUSE = Cause(origin="reconcile")
log = logger("sweep")


def intervals(*, fed: bool) -> dict[str, float]:
    """Return how often each sweep is made, in seconds."""
    lists = {name: float(c.every_s) for name, c in COLLECTIONS.items() if c.owner is None}
    people = {CANDIDATES: FED_S if fed else UNFED_S}
    if not fed:
        # What the feed would tell of notes, files, interviews, evaluations.
        people[ACTIVE_CANDIDATES] = UNFED_S
    return {**people, **{name: s for name, s in ROOT_S.items() if name in ROOTS}, **lists}


@dataclass(slots=True)
class Sweep:
    """One sweep of one connection."""

    ctx: Context
    connection: Connection
    lease: Lease
    name: str
    watch: Mapping[str, str]

    async def step(self) -> Outcome:
        """Look once."""
        try:
            if self.name == CANDIDATES:
                return await self._searched("updated_at", "remote_updated_at", ("candidate",))
            if self.name == ACTIVE_CANDIDATES:
                owned = [n for n, each in COLLECTIONS.items() if each.owner == "candidate"]
                return await self._searched(
                    "last_activity_at", "last_activity_at", ("candidate", *owned)
                )
            if self.name in ROOTS:
                return await self._compared()
            return await collect(
                self.ctx, self.connection, Ref(self.name, COMPANY), [BECAUSE], self.lease, [], "",
                burst=BESIDE_BURST,
            )  # fmt: skip
        except Unanswered as error:
            return error.outcome

    @property
    def _asking(self) -> Asking:
        return Asking(self.ctx, self.connection, BESIDE_BURST)

    async def _searched(self, key: str, stored: str, roots: Sequence[str]) -> Outcome:
        """Go through search hits, the latest by `key` first, down to the watermark."""
        mark = int(self.watch.get(f"mark:{key}", 0))
        newest, before, found = mark, None, 0
        for number in range(1, PAGES + 1):
            params = {"sort_by": f"{key}_desc", "limit": str(HITS), "page": str(number)}
            answer = await self._asking.further(SEARCH, params)
            if not isinstance(answer, Ok):
                return _not_served(answer)
            hits = objects(answer.data.get("hits"))
            at = [ms for hit in hits if (ms := times.parse(hit.get(key))) is not None]
            if _unsorted(at, before):
                return await self._doubted(f"search is not in the order of {key}")
            found += await self._differing("candidate", hits, key, stored, roots)
            newest, before = max([newest, *at]), at[-1] if at else before
            if len(hits) < HITS or (at and at[-1] < mark - OVERLAP_MS) or not mark:
                break
        await self.ctx.store.watching.note(self.connection.id, **{f"mark:{key}": newest})
        return Done(found)

    async def _compared(self) -> Outcome:
        """Compare a list of roots by their own update times; without one each is looked at."""
        listing = ROOTS[self.name].listing
        at: int | None = 0
        while at is not None:
            one = await page(self._asking, listing, at)
            if one.instead is not None:
                return _not_served(one.instead)
            await self._differing(
                self.name, one.rows, "updated_at", "remote_updated_at", (self.name,)
            )
            full = listing.limit and len(one.rows) >= listing.limit
            at = (
                (at + len(one.rows) if listing.style == "offset" else max(at, 1) + 1)
                if full
                else None
            )
        return Done(0)

    async def _differing(
        self, model: str, rows: Sequence[Row], key: str, stored: str, roots: Sequence[str]
    ) -> int:
        """Put those into the inbox whose time is not the one that we have."""
        named = {i: row for row in rows if (i := identifier(row.get("id"))) is not None}
        jobs = self.connection.options.scope.jobs
        if model == "job" and jobs is not None:
            named = {i: row for i, row in named.items() if i in jobs}
        records, c = self.ctx.store.records, self.connection.id
        known = await records.load(c, [Ref(model, remote_id) for remote_id in named])
        differing = [
            remote_id
            for remote_id, row in named.items()
            if _differs(row, key, known.get(Ref(model, remote_id)), stored)
        ]
        entries = [entry(f"{root}:{i}", BECAUSE) for i in differing for root in roots]
        if entries:
            await self.ctx.store.inbox.enqueue(c, entries)
            await self.ctx.store.watching.count(c, {f"seen:sweep:{self.name}": len(differing)})
        return len(differing)

    async def _doubted(self, why: str) -> Outcome:
        log.warning("sweep.doubted", connection_id=self.connection.id, name=self.name, why=why)
        await self.ctx.store.records.doubt(
            self.connection.id, Ref(f"sweep_{self.name}", COMPANY), why, 0, 0
        )
        return Done(0)


def _differs(row: Row, key: str, snapshot: Any, stored: str) -> bool:
    if row.get("example") is True:
        return False
    if snapshot is None:
        return True
    said, had = times.parse(row.get(key)), times.parse(snapshot.fields.get(stored))
    # Search is exact to the second, a record to the microsecond.
    return said is None or had is None or said // 1000 != had // 1000


def _unsorted(at: Sequence[int], before: int | None) -> bool:
    line = [before, *at] if before is not None else list(at)
    return any(later > earlier for earlier, later in pairwise(line))


def _not_served(answer: object) -> Outcome:
    match answer:
        case Unauthorized():
            return answer
        case Later(reason, after_s):
            return Failed(reason, after_s)
        case Hidden() | Missing() | Refused():
            return Done(0)
    return Done(0)

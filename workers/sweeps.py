"""Sweeps: looks by the clock for what neither a webhook nor the feed tells.

Candidates are found by search, those that moved latest first, down to where the last look began; company
lists are read whole and compared; jobs and coming interviews are compared with what their lists show.
Whatever differs goes into the inbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from service.core import times
from service.core.logs import logger
from service.core.recruitee.client import Answer, Later, Unauthorized
from service.core.recruitee.intervals import ACTIVE, EDITED, UPCOMING
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Collection, Listing, Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking, Done, Failed, Lost, Outcome, Unanswered
from workers.collect import COMPANY, collect
from workers.comparing import BECAUSE, asked_now, compare, entries
from workers.context import Context
from workers.lists import Page, following, page
from workers.searching import ACTIVITY, Order, Search

BESIDE_BURST = 2
WINDOW = timedelta(days=2)
NOT_OURS = "not for this token"
SEARCHED: Mapping[str, Order] = {EDITED: "updated_at", ACTIVE: "last_activity_at"}
log = logger("sweep")


def owned_by(model: str, *, bulk: bool) -> list[Collection]:
    """Return the lists that a candidate or a job has; without `bulk` only those that are read singly."""
    owned = (each for each in COLLECTIONS.values() if each.owner == model)
    return [each for each in owned if bulk or each.bulk is None]


@dataclass(slots=True)
class Sweep:
    """One sweep of one connection."""

    ctx: Context
    connection: Connection
    lease: Lease
    name: str
    watch: Mapping[str, str]
    more: bool = False  # it goes on at once

    async def step(self) -> Outcome:
        """Look once, or a few pages of it."""
        try:
            return await self._looked()
        except Unanswered as error:
            return error.outcome

    async def _looked(self) -> Outcome:
        if self.name in SEARCHED:
            return await self._searched(SEARCHED[self.name])
        if self.name == UPCOMING:
            return await self._compared("candidate_interviews", _window())
        if self.name == "question_template":
            await self._look_at(await asked_now(self.ctx, self.connection.id), count=False)
            return Done(0)
        if self.name in ROOTS:
            return await self._compared(self.name, ROOTS[self.name].listing)
        outcome = await collect(
            self.ctx, self.connection, Ref(self.name, COMPANY), [BECAUSE], self.lease, [], "",
            burst=BESIDE_BURST,
        )  # fmt: skip
        return await self._doubted(outcome.reason) if isinstance(outcome, Lost) else outcome

    async def _searched(self, order: Order) -> Outcome:
        """Go down from the latest hits to the mark, a few pages a step."""
        mark, at, top = (
            int(self.watch.get(f"{each}:{order}", 0)) for each in ("mark", "at", "top")
        )
        turn = await Search(self.ctx, self.connection, order, mark, at, top).go()
        if turn.instead is not None:
            return await self._instead(turn.instead)
        await self._look_at(_people(sorted(turn.differing), order))
        if order == ACTIVITY:
            await self.ctx.store.watching.look(self.connection.id, turn.differing)
        if turn.doubt:
            return await self._doubted(turn.doubt, heal=True)
        self.more = bool(turn.at)
        goes_on = {f"at:{order}": turn.at, f"top:{order}": turn.top if turn.at else 0}
        reached: dict[str, int] = {} if turn.at else {f"mark:{order}": turn.mark}
        await self.ctx.store.watching.note(self.connection.id, **goes_on, **reached)
        await self._trusted()
        return Done(len(turn.differing))

    async def _compared(self, name: str, listing: Listing) -> Outcome:
        """Compare with what a list shows."""
        at: int | None = 0
        before: Page | None = None
        while at is not None:
            shown = await page(Asking(self.ctx, self.connection, BESIDE_BURST), listing, at)
            if shown.instead is not None:
                return await self._instead(shown.instead)
            if before is not None and shown.rows == before.rows:
                return await self._doubted("its pages repeat")
            found = await compare(self.ctx, self.connection, self.lease, name, shown)
            await self._look_at(sorted(found.differing))
            at, before = following(listing, at, len(shown.rows)), shown
        await self._trusted()
        return Done(0)

    async def _look_at(self, roots: Sequence[Ref], *, count: bool = True) -> None:
        if roots:
            await self.ctx.store.inbox.enqueue(self.connection.id, entries(roots))
        if roots and count:
            seen = {f"seen:{self.name}": len({root.remote_id for root in roots})}
            await self.ctx.store.watching.count(self.connection.id, seen)

    async def _instead(self, answer: Answer) -> Outcome:
        match answer:
            case Unauthorized():
                return answer
            case Later(reason, after_s):
                return Failed(reason, after_s)
        return await self._doubted(NOT_OURS)

    @property
    def _doubt_of(self) -> Ref:
        return Ref("sweep", self.name)

    async def _doubted(self, why: str, *, heal: bool = False) -> Outcome:
        """Say what cannot be believed; `heal`: when that is new a reconcile is to see to it."""
        c, records = self.connection.id, self.ctx.store.records
        if await records.said_against(c, self._doubt_of) is None:
            log.warning("sweep.doubted", connection_id=c, name=self.name, why=why)
            if heal:
                since = int(self.watch.get(f"due:{self.name}", 0))
                await self.ctx.store.watching.gap(c, why, since, "reconcile")
        await records.doubt(c, self._doubt_of, why, 0, 0)
        return Done(0)

    async def _trusted(self) -> None:
        await self.ctx.store.records.trust(self.connection.id, self._doubt_of)


def _people(candidates: Sequence[str], order: Order) -> list[Ref]:
    """Return what to look at of candidates: who was active may have new papers of any kind."""
    names = ["candidate"]
    if order == ACTIVITY:
        names += [each.name for each in owned_by("candidate", bulk=True)]
    return [Ref(name, i) for i in candidates for name in names]


def _window() -> Listing:
    """Return the list of all candidates' interviews from two days ago on."""
    bulk = COLLECTIONS["candidate_interviews"].bulk
    assert bulk is not None  # noqa: S101 - interviews are listed together
    since = datetime.fromtimestamp(times.now_ms() / 1000, UTC) - WINDOW
    return replace(bulk, params={**bulk.params, "start_date": f"{since:%Y-%m-%d}"})

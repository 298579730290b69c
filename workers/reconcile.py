"""Reconcile: compare everything that lists show with what we have, look at what differs, find what is gone.

Three tiers: lists, and search down to where the last reconcile began, are compared; what differs is read by
itself with what it owns, a few at a time, through the one inbox; and a rolling audit reads every record by
itself once in thirty days. A list that cannot be trusted ends no record, and when too much vanishes at once
a person is asked.
"""

from collections.abc import Sequence

from service.core.logs import logger
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Later,
    Unauthorized,
)
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.reconciliations import Reconciliation
from service.core.unified.model import Cause, Listing, Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.absence import Absence
from workers.asking import Asking, Done, Failed, Lost, Outcome, Unanswered
from workers.collect import COMPANY, TOO_MUCH, allowed, collect
from workers.comparing import (
    BECAUSE,
    asked_now,
    compare,
    entries,
    member_of,
)
from workers.context import Context
from workers.lists import following, page
from workers.searching import ACTIVITY, ORDERS, Order, Search
from workers.sweeps import NOT_OURS, owned_by

BURST = 2
BITE = 2 * MAX_IN_FLIGHT  # live work waits for so many looks at most
FULL_WAITS_S = 10.0
ROOTS_FIRST = ("job", "candidate")
MAX_PAGES = 20_000
ONE_BY_ONE = "one_by_one"
log = logger("reconcile")


def parts() -> list[str]:
    """Return what is compared, in order."""
    rest = sorted(ROOTS.keys() - set(ROOTS_FIRST))
    lists = sorted(n for n, c in COLLECTIONS.items() if c.owner is None)
    bulk = sorted(n for n, c in COLLECTIONS.items() if c.bulk is not None)
    return [*ROOTS_FIRST, *rest, *lists, *bulk, *ORDERS, ONE_BY_ONE]


class Reconcile:
    """A connection's reconciliation, as far as this worker has it."""

    def __init__(
        self,
        ctx: Context,
        connection: Connection,
        lease: Lease,
        one: Reconciliation,
        watch: dict[str, str],
    ) -> None:
        self._ctx = ctx
        self._connection = connection
        self._c = connection.id
        self._lease = lease
        self._watch = watch
        self.one = one

    @property
    def over(self) -> bool:
        """Whether nothing is left to compare."""
        return self.one.status != "running"

    async def step(self) -> Outcome:
        """Look at a few that differ; else compare one page, or one list that is read whole."""
        if await self._ctx.ladder.rung() >= Rung.READING_WAITS:
            return Failed("Redis is over 75 % full: reading at length waits", FULL_WAITS_S)
        if await self._a_few():
            return Done(0)
        names = parts()
        if self.one.part >= len(names):
            return await self._end()
        try:
            outcome = await self._part(names[self.one.part])
        except Unanswered as error:
            return error.outcome
        if isinstance(outcome, Done) and not await self._ctx.store.reconciliations.save(self.one):
            self.one.status = "canceled"  # by somebody else, meanwhile
        return outcome

    async def _a_few(self) -> bool:
        reconciliations = self._ctx.store.reconciliations
        some = await reconciliations.next_few(self._c, BITE)
        if some:
            await self._ctx.store.inbox.enqueue(self._c, some)
            await reconciliations.looked_at(self._c, len(some))
        return bool(some)

    async def _part(self, name: str) -> Outcome:
        if name == ONE_BY_ONE:
            return await self._one_by_one()
        for order in ORDERS:
            if name == order:
                return await self._searched(order)
        listing = ROOTS[name].listing if name in ROOTS else COLLECTIONS[name].bulk
        return await (self._whole(name) if listing is None else self._page(name, listing))

    async def _whole(self, name: str) -> Outcome:
        ref = Ref(name, COMPANY)
        outcome = await collect(
            self._ctx, self._connection, ref, [BECAUSE], self._lease, [], "",
            burst=BURST, believed=self.one.confirmed.get(name, 0),
        )  # fmt: skip
        if not isinstance(outcome, Done | Lost):
            return outcome
        if isinstance(outcome, Lost):
            await self._doubt(name, outcome.reason)
        elif said := await self._ctx.store.records.said_against(self._c, ref):
            self.one.doubts.append(f"{name}: {said['why']}")
            if said["why"] == TOO_MUCH:
                self.one.held.append(name)
                self.one.absent[name] = said["absent"]
        kept = await self._ctx.store.records.counts(self._c, [member_of(name)])
        self.one.add(self.one.read, name, sum(kept.values()))
        return self._next_part()

    def _next_part(self) -> Done:
        self.one.part, self.one.at = self.one.part + 1, 0
        return Done(0)

    async def _doubt(self, name: str, why: str) -> None:
        self.one.doubts.append(f"{name}: {why}")
        log.warning("reconcile.doubted", connection_id=self._c, part=name, why=why)
        await self._ctx.store.records.doubt(self._c, Ref(name, COMPANY), why, 0, 0)

    def _doubted(self, name: str) -> bool:
        return any(doubt.startswith(f"{name}: ") for doubt in self.one.doubts)

    async def _page(self, name: str, listing: Listing) -> Outcome:
        shown = await page(Asking(self._ctx, self._connection, BURST), listing, self.one.at)
        match shown.instead:
            case Unauthorized() as refused:
                return refused
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case None:
                pass
            case _:
                await self._doubt(name, NOT_OURS)
                return self._next_part()
        found = await compare(self._ctx, self._connection, self._lease, name, shown)
        again = await self._ctx.store.reconciliations.mark(self.one, member_of(name), found.seen)
        # Whoever comes meanwhile pushes a few over to the next page.
        if again > allowed(len(found.seen)) and not self._doubted(name):
            await self._doubt(name, "a page repeats rows of another")
        await self._look_at(name, sorted(found.differing))
        self.one.requests += 1
        self.one.add(self.one.read, name, len(shown.rows))
        at = following(listing, self.one.at, len(shown.rows))
        if at is None or (again and again == len(found.seen)) or self.one.requests > MAX_PAGES:
            return await self._listed(name, shown.total)
        self.one.at = at
        return Done(0)

    async def _listed(self, name: str, total: int | None) -> Outcome:
        """End a list: whatever it did not show is looked at by itself, under a second witness."""
        if total is not None and total != self.one.read.get(name, 0):
            await self._doubt(name, "its total is not what its pages hold")
        if not self._doubted(name):
            before = self._watch.get(f"pass:{name}", "")
            absence = Absence(self._ctx, self._connection, self.one, before)
            if why := await absence.see_to(name):
                await self._doubt(name, why)
        if not self._doubted(name):
            await self._ctx.store.records.trust(self._c, Ref(name, COMPANY))
            await self._ctx.store.watching.note(self._c, **{f"pass:{name}": self.one.number})
        return self._next_part()

    async def _searched(self, order: Order) -> Outcome:
        """Go down search to where the last reconcile began; who moved since is read with all papers."""
        mark, top = int(self._watch.get(f"proof:{order}", 0)), self.one.read.get(f"top:{order}", 0)
        search = Search(self._ctx, self._connection, order, mark, self.one.at, top)
        turn = await search.go()
        match turn.instead:
            case Unauthorized() as refused:
                return refused
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case None:
                pass
            case _:
                await self._doubt(order, NOT_OURS)
                return self._next_part()
        names = ["candidate", *(each.name for each in owned_by("candidate", bulk=False))]
        await self._look_at(order, [Ref(name, i) for i in sorted(turn.differing) for name in names])
        if order == ACTIVITY:
            await self._ctx.store.watching.look(self._c, turn.differing)
        self.one.requests += turn.pages
        if turn.doubt:
            await self._doubt(order, turn.doubt)
            return self._next_part()
        self.one.at, self.one.read[f"top:{order}"] = turn.at, turn.top
        if turn.at:
            return Done(0)
        del self.one.read[f"top:{order}"]
        await self._ctx.store.records.trust(self._c, Ref(order, COMPANY))
        await self._ctx.store.watching.note(self._c, **{f"proof:{order}": turn.mark})
        return self._next_part()

    async def _one_by_one(self) -> Outcome:
        """Look at what no list shows: questions; and where no feed tells of them, jobs and their papers."""
        await self._put_off(await asked_now(self._ctx, self._c), BECAUSE)
        if self._watch.get("served") != "1":
            status = await self._ctx.store.records.all_fields(self._c, "job", "status")
            names = ["job", *(each.name for each in owned_by("job", bulk=False))]
            going = [i for i, said in sorted(status.items()) if said != "ARCHIVED"]
            await self._put_off([Ref(name, i) for i in going for name in names], BECAUSE)
        return self._next_part()

    async def _look_at(self, name: str, roots: Sequence[Ref]) -> None:
        await self._put_off(roots, BECAUSE)
        self.one.add(self.one.differing, name, len({root.remote_id for root in roots}))

    async def _put_off(self, roots: Sequence[Ref], cause: Cause) -> None:
        await self._ctx.store.reconciliations.put_off(self._c, entries(roots, cause))

    async def _end(self) -> Outcome:
        one, reconciliations = self.one, self._ctx.store.reconciliations
        if one.held:
            reason = f"too much vanished at once: {', '.join(one.held)}"
            await reconciliations.end(one, "held", reason)
            log.warning("reconcile.held", connection_id=self._c, reason=reason)
        else:
            await reconciliations.end(one, "done")
            log.info("reconcile.done", connection_id=self._c, differing=sum(one.differing.values()))
        found = {f"differing:{name}": count for name, count in one.differing.items()}
        await self._ctx.store.watching.count(self._c, {"reconciled": 1, **found})
        return Done(0)

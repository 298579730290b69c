"""Reconcile: compare everything that lists show with what we have, look at what differs, find what is gone.

Three tiers: lists are compared row by row; what differs is read by itself, through the one inbox; and a
rolling audit reads every candidate by itself once in thirty days. A list that cannot be trusted ends no
record, and when too many vanish at once a person is asked.
"""

from collections.abc import Iterable, Sequence

from service.core import times
from service.core.logs import logger
from service.core.recruitee.client import Later, Unauthorized
from service.core.recruitee.webhook import entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.reconciliations import Reconciliation
from service.core.unified.model import Cause, Draft, Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking, Done, Failed, Lost, Outcome, Unanswered
from workers.collect import COMPANY, MANY, MANY_SHARE, collect
from workers.commit import Commit
from workers.context import Context
from workers.lists import Page, following, page
from workers.scope import within
from workers.sync import expanded

BURST = 2
FULL_WAITS_S = 10.0
ROOTS_FIRST = ("job", "candidate")
BECAUSE = Cause(origin="reconcile")
ABSENT = Cause(origin="reconcile", details={"absent": True})
log = logger("reconcile")


def parts() -> list[str]:
    """Return what is compared, in order."""
    rest = sorted(ROOTS.keys() - set(ROOTS_FIRST))
    lists = sorted(n for n, c in COLLECTIONS.items() if c.owner is None)
    bulk = sorted(n for n, c in COLLECTIONS.items() if c.bulk is not None)
    return [*ROOTS_FIRST, *rest, *lists, *bulk]


class Reconcile:
    """A connection's reconciliation, as far as this worker has it."""

    def __init__(
        self, ctx: Context, connection: Connection, lease: Lease, one: Reconciliation
    ) -> None:
        self._ctx = ctx
        self._connection = connection
        self._c = connection.id
        self._lease = lease
        self.one = one

    async def step(self) -> Outcome:
        """Compare one page, or one list that is read whole."""
        if await self._ctx.ladder.rung() >= Rung.READING_WAITS:
            return Failed("Redis is over 75 % full: reading at length waits", FULL_WAITS_S)
        names = parts()
        if self.one.part >= len(names):
            return await self._end()
        name = names[self.one.part]
        try:
            outcome = await self._part(name)
        except Unanswered as error:
            return error.outcome
        if isinstance(outcome, Done | Lost):
            await self._ctx.store.reconciliations.save(self.one)
            return Done(0)
        return outcome

    async def _part(self, name: str) -> Outcome:
        if name in ROOTS or COLLECTIONS[name].bulk is not None:
            return await self._page(name)
        outcome = await collect(
            self._ctx, self._connection, Ref(name, COMPANY), [BECAUSE], self._lease, [], "",
            burst=BURST,
        )  # fmt: skip
        if isinstance(outcome, Lost):
            self._doubt(name, outcome.reason)
        if isinstance(outcome, Done | Lost):
            kept = await self._ctx.store.records.counts(self._c, [COLLECTIONS[name].member])
            self.one.add(self.one.read, name, sum(kept.values()))
            self._next_part()
        return outcome

    def _next_part(self) -> None:
        self.one.part, self.one.at = self.one.part + 1, 0

    def _doubt(self, name: str, why: str) -> None:
        self.one.doubts.append(f"{name}: {why}")
        log.warning("reconcile.doubted", connection_id=self._c, part=name, why=why)

    def _doubted(self, name: str) -> bool:
        return any(doubt.startswith(f"{name}: ") for doubt in self.one.doubts)

    async def _page(self, name: str) -> Outcome:
        listing = ROOTS[name].listing if name in ROOTS else COLLECTIONS[name].bulk
        assert listing is not None  # noqa: S101 - `_part` looked
        shown = await page(Asking(self._ctx, self._connection, BURST), listing, self.one.at)
        match shown.instead:
            case Unauthorized() as refused:
                return refused
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case None:
                await self._compare(name, shown)
            case _:
                self._doubt(name, "not for this token")
        self.one.add(self.one.read, name, len(shown.rows))
        at = following(listing, self.one.at, len(shown.rows))
        if at is None:
            if shown.total is not None and shown.total > self.one.read.get(name, 0):
                self._doubt(name, "its total is more than its pages hold")
            return await self._absent(name)
        self.one.at = at
        return Done(0)

    async def _compare(self, name: str, shown: Page) -> None:
        """Mark what a page shows as seen, and put into the inbox whatever is not as we have it."""
        commit = Commit(self._ctx, self._connection, self._lease, [BECAUSE])
        facts = commit.facts(await self._stages())
        found = list(expanded(name, shown.rows, shown.references, facts))
        kept = {
            Ref(d.model, d.remote_id): d for d in await within(commit, [f.draft for f in found])
        }
        roots = {each.ref: each.root for each in found if each.ref in kept}
        known = await self._ctx.store.records.load(self._c, kept)
        differing = {roots[ref] for ref, draft in kept.items() if _differs(draft, known.get(ref))}
        member = name if name in ROOTS else COLLECTIONS[name].member
        seen = [ref.remote_id for ref in kept if ref.model == member]
        if await self._ctx.store.reconciliations.mark(self._c, member, seen, self.one.number):
            self._doubt(name, "a page repeats rows of another")
        await self._look_at(differing, BECAUSE)
        self.one.add(self.one.differing, member, len(differing))

    async def _stages(self) -> dict[str, str | None]:
        stages = await self._ctx.store.records.all_fields(self._c, "stage", "category")
        return {i: category for i, category in stages.items() if isinstance(category, str)}

    async def _look_at(self, roots: Iterable[Ref], cause: Cause) -> None:
        entries = [entry(f"{root.model}:{root.remote_id}", cause) for root in sorted(roots)]
        if entries:
            await self._ctx.store.inbox.enqueue(self._c, entries)

    async def _absent(self, name: str) -> Outcome:
        """See what a whole pass did not show; each is looked at by itself, under a second witness."""
        member = name if name in ROOTS else COLLECTIONS[name].member
        if not self._doubted(name):
            gone = await self._unseen(member)
            total = sum((await self._ctx.store.records.counts(self._c, [member])).values())
            self.one.absent[member] = len(gone)
            if len(gone) > max(MANY, int(total * MANY_SHARE)) and not self.one.confirmed:
                why = f"{len(gone)} of {total} {member} records vanished at once"
                await self._ctx.store.reconciliations.end(self.one, "held", why)
                log.warning("reconcile.held", connection_id=self._c, reason=why)
                return Done(0)
            await self._look_at(await self._roots_of(name, member, gone), ABSENT)
        self._next_part()
        return Done(0)

    async def _unseen(self, member: str) -> list[str]:
        cursor, gone = 0, list[str]()
        while True:
            cursor, some = await self._ctx.store.reconciliations.unseen(
                self._c, member, self.one.number, cursor
            )
            gone += some
            if not cursor:
                return sorted(set(gone))

    async def _roots_of(self, name: str, member: str, gone: Sequence[str]) -> set[Ref]:
        if name in ROOTS:
            return {Ref(name, remote_id) for remote_id in gone}
        records = self._ctx.store.records
        known = await records.load(self._c, [Ref(member, remote_id) for remote_id in gone])
        owners = {s.fields.get("candidate_id") for s in known.values()}
        found = [
            await records.remote_id(self._c, "candidate", uid)
            for uid in owners
            if isinstance(uid, str)
        ]
        return {Ref(name, remote_id) for remote_id in found if remote_id}

    async def _end(self) -> Outcome:
        await self._ctx.store.reconciliations.end(self.one, "done")
        healed = {f"differing:{model}": count for model, count in self.one.differing.items()}
        await self._ctx.store.watching.count(self._c, {"reconciled": 1, **healed})
        log.info(
            "reconcile.done", connection_id=self._c, differing=sum(self.one.differing.values())
        )
        return Done(0)


def _differs(draft: Draft, snapshot: object) -> bool:
    fields = getattr(snapshot, "fields", None)
    if fields is None or getattr(snapshot, "deleted", False):
        return True
    moved = times.parse(draft.fields.get("remote_updated_at")) != times.parse(
        fields.get("remote_updated_at")
    )
    return moved or not draft.fields.items() <= fields.items()

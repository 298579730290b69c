"""Refetch a list that is read whole: what is new in it, what changed, and what is gone from it.

What a list no longer shows is gone only when a second complete pass does not show it either; a list
that cannot be trusted to be whole says nothing of what it does not show. What has an address of its own
(interviews, evaluations) is asked for there too, since a filter that is ignored hides what it should show.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from service.core.logs import logger
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Hidden,
    Later,
    Missing,
    Ok,
    Refused,
    Unauthorized,
)
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.records import Known
from service.core.unified.model import Cause, Collection, Draft, Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking, Failed, Lost, Outcome, Unanswered
from workers.commit import RACES, Commit, Found, Gone, Overtaken
from workers.context import Context
from workers.following import follow_files
from workers.lists import Page, Whole, page, whole
from workers.refetch import LONGEST_TURN_S
from workers.scope import within

MANY, MANY_SHARE = 20, 0.02  # invariant 7: when more vanish in one pass, stop and ask
COMPANY = "0"  # the id in the name of a list that is the company's
TOO_MUCH = "more vanished at once than is believed"
NOT_OURS = "not for this token"
UNSHOWN = "it does not show records that are there"
IGNORED = "it shows others' records: its filter is ignored"
log = logger("collect")


async def collect(
    ctx: Context,
    connection: Connection,
    ref: Ref,
    causes: Sequence[Cause],
    lease: Lease | None,
    acks: Sequence[str],
    parked: str,
    *,
    quiet: bool = False,
    first: bool = False,
    burst: int = MAX_IN_FLIGHT,
    believed: int = 0,
) -> Outcome:
    """Read a collection, tell what changed, acknowledge `acks` and clear the parked root, atomically.

    `believed`: of so many a person said that they are gone indeed.
    """
    commit = Commit(ctx, connection, lease, causes, acks, parked, quiet, first, whole=True)
    return await _List(commit, ref, Asking(ctx, connection, burst), believed).run()


def allowed(of: int) -> int:
    """Return how many of so many may vanish in one pass before a person is asked."""
    return max(MANY, int(of * MANY_SHARE))


class _List:
    """One reading of one collection."""

    def __init__(self, commit: Commit, ref: Ref, asking: Asking, believed: int) -> None:
        self._commit = commit
        self._believed = believed
        self._asking = asking
        self._ref = ref
        self._of: Collection = COLLECTIONS[ref.model]

    async def run(self) -> Outcome:
        for _ in range(RACES):
            try:
                return await self._once()
            except Unanswered as error:
                return error.outcome
            except Overtaken:
                continue
        return Failed("its records kept changing while they were fetched")

    async def _once(self) -> Outcome:
        ctx, commit = self._commit.ctx, self._commit
        rate, c = ctx.settings.recruitee_rate, commit.connection.id
        commit.began()
        begun = await ctx.store.records.begin(
            c, self._ref, rate, self._asking.burst, commit.lease, commit.parked
        )
        if begun.barred:
            return (await commit.run([], [], 0, {}, commit.facts())).outcome
        if begun.wait_s > LONGEST_TURN_S:
            return Failed("Recruitee asked for a pause", begun.wait_s)
        await asyncio.sleep(begun.wait_s)
        read = await self._read()
        match read.instead:
            case Unauthorized() as refused:
                return refused
            case Refused(status, reason):
                return Lost(f"Recruitee refused the request ({status}): {reason}")
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case Hidden() | Missing():
                # Nothing is said of what is in it: what we had stays as it is.
                log.info("collect.not_served", connection_id=c, collection=self._ref.model)
                if self._of.owner is None:
                    await ctx.store.records.doubt(c, self._ref, NOT_OURS, 0, 0)
                return (await commit.run([], [], begun.token, {}, commit.facts())).outcome
        if self._of.owner is None and not commit.quiet:
            # What has no time of its own is news once the list is known; at its first sight it is not.
            commit.listed = await ctx.store.records.listed(c, self._ref)
            commit.first = not commit.listed
        drafts = self._drafts(read)
        gone, doubt = await self._gone(read, drafts, begun.known)
        kept = await within(commit, drafts)
        found = [Found(draft, self._ref) for draft in kept]
        ended = [] if self._of.ended else [Gone(ref, self._subject(ref)) for ref in gone]
        if turned := self._of.ended:
            last = ((ref, turned(begun.known[ref].fields)) for ref in gone)
            drafts = [Draft(ref.model, ref.remote_id, fields, ref) for ref, fields in last]
            found += [Found(draft, self._ref) for draft in drafts]
        commit.ahead = partial(follow_files, ctx, c, self._ref)
        told = await commit.run(found, ended, begun.token, begun.known, commit.facts())
        await self._noted(doubt, begun.known)
        return told.outcome

    async def _noted(self, doubt: str, known: Known) -> None:
        """Note that a list was read whole; one of the company's that lies is noted in any case."""
        records, c = self._commit.ctx.store.records, self._commit.connection.id
        if doubt and self._of.owner is None and await records.said_against(c, self._ref) is None:
            await records.doubt(c, self._ref, doubt, 0, 0)
        if doubt:
            return
        if self._of.owner is None:
            await records.note_listed(c, self._ref)
        if self._of.owner is None or known:
            await records.trust(c, self._ref)

    async def _read(self) -> Whole:
        """Read the list, or where the token may not, the one that stands in for it."""
        first = await page(self._asking, self._of.listing, 0, self._ref.remote_id, turn=False)
        if isinstance(first.instead, Hidden | Missing) and self._of.fallback:
            return await whole(self._asking, self._of.fallback, self._ref.remote_id)
        return await self._whole(first)

    async def _whole(self, first: Page | None = None) -> Whole:
        of = self._of
        read = await whole(self._asking, of.listing, self._ref.remote_id, first, of.partial)
        owners = {of.owner_of(row) for row in read.rows.values()} if of.owner else set()
        if owners - {self._ref.remote_id, None}:
            read.doubt = read.doubt or IGNORED
        return read

    def _drafts(self, read: Whole) -> list[Draft]:
        facts, owner = self._commit.facts(), self._ref.remote_id
        rows = read.rows.values()
        drafts = (d for row in rows for d in self._of.expand(row, read.references, facts, owner))
        return list({Ref(draft.model, draft.remote_id): draft for draft in drafts}.values())

    async def _gone(
        self, read: Whole, drafts: Sequence[Draft], known: Known
    ) -> tuple[list[Ref], str]:
        """Return the members that neither of two complete passes shows; else why it is not believed."""
        absent = self._absent(drafts, known)
        if not absent:
            return [], read.doubt
        if not read.doubt:
            again = await self._whole()
            read = (
                again if again.instead is None else replace(again, doubt="the second pass failed")
            )
            still = set(self._absent(self._drafts(again), known))
            absent = [ref for ref in absent if ref in still]
            if absent and not await self._owner_is_seen():
                return [], NOT_OURS
        of = len(absent), sum(ref.model == self._of.member for ref in known)
        if not read.doubt and of[0] > allowed(of[1]) + self._believed:
            read = replace(read, doubt=TOO_MUCH)
        records, c = self._commit.ctx.store.records, self._commit.connection.id
        if read.doubt:
            log.warning(
                "collect.doubted", connection_id=c, collection=self._ref.model, why=read.doubt
            )
            await records.doubt(c, self._ref, read.doubt, *of)
            return [], read.doubt
        gone = [ref for ref in absent if await self._is_gone(ref)]
        if len(gone) == len(absent):
            return gone, ""
        log.warning("collect.doubted", connection_id=c, collection=self._ref.model, why=UNSHOWN)
        await records.doubt(c, self._ref, UNSHOWN, *of)
        return gone, UNSHOWN

    async def _is_gone(self, ref: Ref) -> bool:
        """Say whether a member's own address, if it has one, does not serve it either."""
        if not self._of.single:
            return True
        answer = await self._asking.further(self._of.single.format(id=ref.remote_id))
        return isinstance(answer, Missing) and answer.vouched

    async def _owner_is_seen(self) -> bool:
        """Say whether the owner is served: else a list that is filtered by it may be empty for that alone."""
        owner, listing = self._of.owner, self._of.listing
        if owner is None or "{id}" in listing.path:
            return True
        root = ROOTS[owner]
        path = root.path.format(id=self._ref.remote_id)
        return isinstance(await self._asking.further(path, root.params), Ok)

    def _absent(self, drafts: Sequence[Draft], known: Known) -> list[Ref]:
        shown = {Ref(draft.model, draft.remote_id) for draft in drafts}
        return [
            ref
            for ref, snapshot in known.items()
            if ref.model == self._of.member
            and not (snapshot.ended if self._commit.causes else snapshot.deleted)
            and ref not in shown
            and not (self._of.ended and self._of.ended(snapshot.fields) == snapshot.fields)
        ]

    def _subject(self, ref: Ref) -> Ref:
        return Ref(self._of.owner, self._ref.remote_id) if self._of.owner else ref

"""Read a connection in full, a page or a record at a time, each kept before the next is asked for.

The jobs and candidates of the first read are its baseline: silent, and the inbox waits for them. All
that comes after it (the other lists, then each record by itself with what it owns) goes on beside the
inbox, whose requests come first. A run that is asked for later goes on beside it from the start.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from service.core import times
from service.core.errors import Fenced
from service.core.logs import logger
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Hidden,
    Later,
    Missing,
    Refused,
    Unauthorized,
)
from service.core.recruitee.webhook import entry
from service.core.store.connections import ACTIVE, Connection
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.runs import DEEP, FIRST, Part, Run
from service.core.unified.model import Cause, Collection, Draft, Listing, Ref, Root
from service.core.unified.model import Context as Facts
from service.core.unified.reading import identifier
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking, Done, Failed, Lost, Outcome, Unanswered
from workers.collect import COMPANY, collect
from workers.commit import Commit, Found
from workers.context import Context
from workers.drain import LEASE_MS
from workers.lists import MOST_BACK, OVERLAP, Page, Row, begin, page, rest
from workers.purging import purge
from workers.refetch import refetch
from workers.scope import within

COMMIT_ROWS = 50
FULL_WAITS_S = 10.0
BESIDE_BURST = 2  # the rest of the request burst is left to the inbox
AT_ONCE = 2  # records that are read by themselves
DEEP_PAGE = 100
TRIES = 5
log = logger("sync")


class Sync:
    """A connection's run, as far as this worker has it."""

    def __init__(self, ctx: Context, connection: Connection, lease: Lease) -> None:
        self._ctx = ctx
        self._connection = connection
        self._c = connection.id
        self._lease = lease
        self._run = Run.of(connection)
        self._ahead: list[Row] = []  # records that are next to be read by themselves
        self._reading = ""  # the part that they are of
        self._at_end = False  # whether nothing follows them
        self._tries = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left to read."""
        return bool(self._run.done)

    @property
    def first(self) -> bool:
        """Whether this is the baseline, for which the inbox waits."""
        return not self._connection.baseline_done

    async def step(self) -> Outcome:
        """Read one page, or a few records by themselves; Done when the next step may follow."""
        if await self._ctx.ladder.rung() >= Rung.READING_WAITS:
            return Failed("Redis is over 75 % full: reading at length waits", FULL_WAITS_S)
        name = next(self._run.left(), None)
        if name is None:
            return await self._end()
        if self.first and name not in FIRST:
            return await self._baseline_is_done()
        try:
            outcome = await self._part(name, self._run.part(name))
        except Unanswered as error:
            return error.outcome
        if isinstance(outcome, Done | Lost):
            await self._note()
        return Done(0) if isinstance(outcome, Lost) else outcome

    async def _end(self) -> Outcome:
        await purge(self._ctx, self._connection)
        self._run.done = times.now_ms()
        await self._note()
        log.info("sync.done", connection_id=self._c)
        return Done(0)

    async def _baseline_is_done(self) -> Outcome:
        if not await self._ctx.store.claims.renew("in", self._lease, LEASE_MS):
            raise Fenced(self._c)
        at = times.now_ms()
        await self._ctx.store.connections.wake(self._c, ACTIVE, reason="", baseline_done=at)
        log.info("baseline.done", connection_id=self._c)
        self._connection = self._connection.model_copy(update={"baseline_done": at})
        return Done(0)

    async def _note(self) -> None:
        kept = await self._ctx.store.connections.note_run(
            self._c, self._run.began, *self._run.dump()
        )
        if not kept:
            # Another run was asked for: this one is over.
            raise Fenced(self._c)

    async def _part(self, name: str, part: Part) -> Outcome:
        if name.startswith(DEEP):
            return await self._each(ROOTS[name.removeprefix(DEEP)], name, part)
        if name in ROOTS:
            root = ROOTS[name]
            return await self._listed(root.listing, name, part)
        collection = COLLECTIONS[name]
        if collection.owner is not None and collection.bulk is not None:
            return await self._listed(collection.bulk, name, part)
        return await self._whole(name, part)

    async def _whole(self, name: str, part: Part) -> Outcome:
        outcome = await collect(
            self._ctx, self._connection, Ref(name, COMPANY), [], self._lease, [], "",
            quiet=not self._run.emit, burst=BESIDE_BURST,
        )  # fmt: skip
        member = COLLECTIONS[name].member
        kept = await self._ctx.store.records.counts(self._c, [member])
        return self._passed(part, name, outcome, kept[member])

    def _passed(self, part: Part, name: str, outcome: Outcome, count: int = 0) -> Outcome:
        if isinstance(outcome, Lost):
            log.warning("sync.refused", connection_id=self._c, part=name, reason=outcome.reason)
            part.note = outcome.reason
        if isinstance(outcome, Done | Lost):
            part.next(None, count)
        return outcome

    async def _listed(self, listing: Listing, name: str, part: Part) -> Outcome:
        """Read one page of a list and keep what it shows."""
        asking = Asking(self._ctx, self._connection, MAX_IN_FLIGHT if self.first else BESIDE_BURST)
        token = await self._ctx.store.records.token()
        began = begin(listing, part.at)
        one = await page(asking, listing, began)
        match one.instead:
            case Unauthorized() as refused:
                return refused
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case Hidden() | Missing() | Refused():
                # Not for this token: what it may not list it learns record by record.
                log.warning("sync.not_served", connection_id=self._c, part=name)
                part.note = "not for this token"
                part.next(None, 0)
                return Done(0)
        left = rest(listing, began, one, part.last)
        if part.back < MOST_BACK and (left.slipped or _shrunk(listing, part, one)):
            self._back(part, listing, one)
            return Done(0)
        await self._keep(name, one._replace(rows=left.rows), token)
        part.of = one.total if one.total is not None else part.of
        part.last = left.last
        part.next(left.next, len(left.rows))
        return Done(0)

    def _back(self, part: Part, listing: Listing, one: Page) -> None:
        """Go back a page, until one shows what was read last: what followed slipped in among it."""
        log.info("sync.back", connection_id=self._c, path=listing.path)
        part.at = max(0, part.at - (listing.limit if listing.style == "offset" else 1))
        part.of, part.back = one.total, part.back + 1

    def _commit(self) -> Commit:
        quiet = not self._run.emit
        return Commit(self._ctx, self._connection, self._lease, quiet=quiet, first=self.first)

    async def _keep(self, name: str, one: Page, token: int) -> None:
        stages = await self._stages()
        rows = iter(one.rows)
        while chunk := list(islice(rows, COMMIT_ROWS)):
            commit = self._commit()
            facts = commit.facts(stages)
            found = _by_name(expanded(name, chunk, one.references, facts))
            kept = {Ref(d.model, d.remote_id): d for d in await self._within(commit, found)}
            shown = [Found(kept[each.ref], each.root) for each in found if each.ref in kept]
            await self._committed(commit, shown, token, facts)

    async def _within(self, commit: Commit, found: Sequence[Found]) -> list[Draft]:
        async def job(ref: Ref) -> Outcome:
            return await refetch(
                self._ctx, self._connection, ref, [], self._lease, [], "", patient=False,
                quiet=commit.quiet or commit.first, burst=BESIDE_BURST,
            )  # fmt: skip

        return await within(commit, [each.draft for each in found], job)

    async def _committed(
        self, commit: Commit, found: Sequence[Found], token: int, facts: Facts
    ) -> None:
        while True:
            # A page of a thousand is not asked for again: where another fetch was at a record meanwhile,
            # the later token wins.
            commit.began()
            told = await commit.run(found, [], token, {}, facts)
            if isinstance(told.outcome, Done):
                return
            if self._ctx.stopping.is_set():
                raise Fenced(self._c)

    async def _stages(self) -> dict[str, str | None]:
        stages = await self._ctx.store.records.all_fields(self._c, "stage", "category")
        return {i: category for i, category in stages.items() if isinstance(category, str)}

    async def _each(self, root: Root, name: str, part: Part) -> Outcome:
        """Read the next few records by themselves, with the lists that they own."""
        one = await self._ahead_of(_smaller(root.listing), name, part)
        if one is not None and one.instead is not None:
            return _failed(one) or self._passed(part, name, Lost("not for this token"))
        rows = self._ahead[:AT_ONCE]
        outcomes = await asyncio.gather(*(self._by_itself(root, row) for row in rows))
        for outcome in outcomes:
            if isinstance(outcome, Failed | Unauthorized) and not await self._put_off(root, rows):
                return outcome
        self._tries = 0
        del self._ahead[:AT_ONCE]
        ids = [i for row in rows if (i := identifier(row.get("id")))]
        part.last = [*part.last, *ids][-OVERLAP:]
        part.next(None if self._at_end and not self._ahead else part.at + len(rows), len(rows))
        return Done(0)

    async def _ahead_of(self, listing: Listing, name: str, part: Part) -> Page | None:
        """Have rows to read: those of the page that follows, unless some are left."""
        if self._ahead and self._reading == name:
            return None
        # Pages by number begin where they begin.
        start = part.at - part.at % DEEP_PAGE
        began = begin(listing, part.at) if listing.style == "offset" else start
        at = began if listing.style == "offset" else start // DEEP_PAGE + 1
        one = await page(Asking(self._ctx, self._connection, BESIDE_BURST), listing, at)
        self._ahead, self._reading, self._at_end = [], name, len(one.rows) < DEEP_PAGE
        if one.instead is not None:
            return one
        part.of = (
            one.total if one.total is not None else self._run.part(name.removeprefix(DEEP)).read
        )
        if listing.style != "offset":
            self._ahead = list(one.rows[part.at - start :])
            return one
        left = rest(listing, began, one, part.last)
        if left.slipped and part.back < MOST_BACK:
            self._back(part, listing, one)
            return await self._ahead_of(listing, name, part)
        self._ahead, part.at = list(left.rows), began + len(one.rows) - len(left.rows)
        return one

    async def _put_off(self, root: Root, rows: Sequence[Row]) -> bool:
        """Leave records that fail again and again to the inbox, which tries for days."""
        self._tries += 1
        if self._tries < TRIES:
            return False
        cause = Cause(origin="sync")
        names = [f"{root.name}:{i}" for row in rows if (i := identifier(row.get("id")))]
        await self._ctx.store.inbox.enqueue(self._c, [entry(each, cause) for each in names])
        return True

    async def _by_itself(self, root: Root, row: Row) -> Outcome:
        remote_id = identifier(row.get("id"))
        if remote_id is None:
            return Done(0)
        quiet = not self._run.emit
        outcome = await refetch(
            self._ctx, self._connection, Ref(root.name, remote_id), [], self._lease, [], "",
            patient=False, quiet=quiet, burst=BESIDE_BURST,
        )  # fmt: skip
        if not isinstance(outcome, Done | Lost):
            return outcome
        known = await self._ctx.store.records.load(self._c, [Ref(root.name, remote_id)])
        fields = next(iter(known.values())).fields if known else {}
        async for each in self._owned(root, remote_id, fields):
            outcome = await collect(
                self._ctx, self._connection, Ref(each.name, remote_id), [], self._lease, [], "",
                quiet=quiet, burst=BESIDE_BURST,
            )  # fmt: skip
            if not isinstance(outcome, Done | Lost):
                return outcome
        return Done(0)

    async def _owned(
        self, root: Root, remote_id: str, fields: Mapping[str, Any]
    ) -> AsyncIterator[Collection]:
        """Yield the lists of a record that are read with it: those that may hold or have lost something.

        What everybody's list shows has been read with that; what is gone from it only the owner's tells.
        """
        for each in COLLECTIONS.values():
            if each.owner != root.name:
                continue
            filled = each.bulk is None and fields.get(each.counted or "") != 0
            if filled or await self._known(Ref(each.name, remote_id)):
                yield each

    async def _known(self, owner: Ref) -> bool:
        """Say whether a list has members that have not ended, as far as we know."""
        records = self._ctx.store.records
        members = await records.load(self._c, await records.children(self._c, owner))
        return any(not snapshot.deleted for snapshot in members.values())


def expanded(
    name: str, rows: Sequence[Row], references: Sequence[Row], facts: Facts
) -> Iterator[Found]:
    """Yield the records that rows of a root's list, or of a list of many owners, show."""
    if name in ROOTS:
        for row in rows:
            drafts = ROOTS[name].expand(row, references, facts)
            yield from (Found(d, Ref(drafts[0].model, drafts[0].remote_id)) for d in drafts)
        return
    collection = COLLECTIONS[name]
    for row in rows:
        owner = collection.owner_of(row)
        if owner is not None:
            for draft in collection.expand(row, references, facts, owner):
                yield Found(draft, Ref(name, owner))


def _by_name(found: Iterator[Found]) -> list[Found]:
    """Return each record once: the last sight of it (jobs share stages)."""
    return list({each.ref: each for each in found}.values())


def _shrunk(listing: Listing, part: Part, one: Page) -> bool:
    """Say whether a page by number tells of fewer rows than the one before it did."""
    if listing.style != "page" or part.at < 2 or part.of is None or one.total is None:
        return False
    return one.total < part.of


def _smaller(listing: Listing) -> Listing:
    return Listing(listing.path, listing.key, listing.style, DEEP_PAGE, listing.params)


def _failed(one: Page) -> Outcome | None:
    match one.instead:
        case Unauthorized() as refused:
            return refused
        case Later(reason, after_s):
            return Failed(reason, after_s)
    return None

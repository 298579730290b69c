"""Compare what a fetch shows with what we had, and commit it: snapshots, events and the ack at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final, NamedTuple

from service.core import ids, times
from service.core.events import origin_of
from service.core.logs import logger
from service.core.recruitee.edits import HEARD
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.records import Committed, Known, Write
from service.core.store.suppression import PERSON
from service.core.store.watching import UNHEARD
from service.core.unified import announce as decide
from service.core.unified.model import Cause, Change, Draft, Ref, Snapshot, Verdict
from service.core.unified.model import Context as Facts
from service.core.unified.models import activity
from service.core.unified.options import cut
from service.core.unified.registry import MODELS
from workers.asking import Done, Failed
from workers.context import Context

RACES = 8
LOOKED: Final = frozenset({"activity", "reconcile"})  # origins of what nobody told us of
log = logger("refetch")


class Overtaken(Exception):
    """Another fetch told of one of the records while this one was under way: ask again."""


class Found(NamedTuple):
    """A record that an answer shows, and the root it came with."""

    draft: Draft
    root: Ref

    @property
    def ref(self) -> Ref:
        """The record's own name."""
        return Ref(self.draft.model, self.draft.remote_id)


class Gone(NamedTuple):
    """A record that is confirmed to have ended, and whose subject its end belongs to."""

    ref: Ref
    subject: Ref


class Told(NamedTuple):
    """What a commit came to."""

    outcome: Done | Failed
    changes: tuple[Change, ...] = ()
    moved: tuple[Ref, ...] = ()  # those that were known before and are different now


@dataclass(slots=True)
class Commit:
    """One commit to be: for whom, because of what, and what it acknowledges."""

    ctx: Context
    connection: Connection
    lease: Lease | None
    causes: Sequence[Cause] = ()
    acks: Sequence[str] = ()
    parked: str = ""
    quiet: bool = False
    """Adopt in silence; what a webhook tells of later is compared with what was told last."""
    first: bool = False  # the first full read: nothing was ever told of what it finds
    listed: bool = False  # the list that is committed was read whole before
    whole: bool = False  # its records are read whole, not as a list of many shows them
    moment: int = 0
    asked_at: float = 0.0
    ahead: Callable[["Told"], Awaitable[None]] | None = None
    """Notes what the commit gives cause to do: before it, since one who dies after it never would."""
    jobs: dict[str, str] = field(
        default_factory=dict
    )  # unified -> remote id of those that were named

    def began(self) -> None:
        """Note when the fetch begins, for `in order` and for the records' age."""
        self.moment = self.ctx.lately.now()
        self.asked_at = monotonic()

    def facts(
        self,
        stages: Mapping[str, str | None] | None = None,
        questions: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> Facts:
        """Return what normalizers may know; stage categories and question templates by remote id."""
        options = self.connection.options
        return Facts(
            self.connection.id, self.uid, stages or {}, options.custom_keys, options.private_notes,
            questions or {},
        )  # fmt: skip

    async def run(
        self,
        found: Sequence[Found],
        gone: Sequence[Gone],
        token: int,
        known: Known,
        facts: Facts,
        gone_at: str | None = None,
    ) -> Told:
        """Compare and commit; when a record moved meanwhile, compare again with what it is now."""
        c, records = self.connection.id, self.ctx.store.records
        touched = [one.ref for one in found]
        if unread := [ref for ref in touched if ref not in known]:
            left, read = await asyncio.gather(records.left_off(c, unread), records.load(c, unread))
            known = known | left | read
        for race in range(RACES):
            verdicts = self._verdicts(found, gone, known, facts, gone_at)
            writes, changes = self._written(verdicts, known)
            if self.jobs and any(write.replaces == 0 for write in writes):
                # To see whether an application is gone one asks by its job, which we may never have seen.
                await records.name(c, "job", self.jobs)
            self._in_order(writes)
            if self.ahead is not None:
                await self.ahead(_told(writes, changes))
            done = await records.commit(
                c, token, writes, changes, lease=self.lease, acks=self.acks, parked=self.parked,
                ring=False, people=_people(found, gone), asked_ms=self._asked_ms(),
                seen=_unchanged(verdicts) if self.whole else (),
            )  # fmt: skip
            if done is Committed.BARRED:
                found, gone = await self._without_the_erased(found, gone)
                continue
            if done is not Committed.MOVED:
                await self._unmapped(found)
                if race:
                    # It may be our own commit that was there before, its reply lost on the way.
                    self.ctx.on_events()
                told = self._told(done, writes, changes)
                await self._counted(told.changes)
                return told
            known = known | await records.load(c, {*touched, *(one.ref for one in gone)})
        return Told(Failed("its records kept changing while they were compared"))

    def _asked_ms(self) -> int | None:
        return int((monotonic() - self.asked_at) * 1000) if self.whole and self.asked_at else None

    async def _without_the_erased(
        self, found: Sequence[Found], gone: Sequence[Gone]
    ) -> tuple[list[Found], list[Gone]]:
        """Leave out what is about candidates who were erased: nothing of them is stored again."""
        suppression, c = self.ctx.store.suppression, self.connection.id
        barred = {Ref(PERSON, each) for each in await suppression.among(c, _people(found, gone))}
        return (
            [one for one in found if one.draft.subject not in barred],
            [one for one in gone if one.subject not in barred],
        )

    async def _counted(self, changes: Sequence[Change]) -> None:
        """Add to the ledger who told us of what: in the end that says how much no webhook told."""
        told = Counter(f"told:{origin_of(e.causes)}" for e in changes if e.model != activity.NAME)
        told.update(UNHEARD for e in changes if e.event in HEARD and _looked(e.causes))
        await self.ctx.store.watching.count(self.connection.id, told)

    async def _unmapped(self, found: Sequence[Found]) -> None:
        """Count what the closed enums have no word for."""
        said = [(one.draft.model, *pair) for one in found for pair in one.draft.unmapped]
        if said:
            await self.ctx.store.connections.count_unmapped(self.connection.id, said)

    def _in_order(self, writes: Sequence[Write]) -> None:
        """See that no other root's fetch committed one of these while ours was under way.

        Roots share some records (stages): which of two answers is older nobody can say then.
        """
        shown = [(self.connection.id, write.ref) for write in writes]
        if self.ctx.lately.since(self.moment, shown, self):
            raise Overtaken
        self.ctx.lately.note(shown, self)

    def _told(
        self,
        done: Committed,
        writes: Sequence[Write],
        changes: Sequence[tuple[int, Change]],
    ) -> Told:
        if done is Committed.STALE:
            return Told(Done(0))
        for _, change in changes:
            log.info(
                "record.changed", connection_id=self.connection.id, type=change.event,
                model=change.model,
            )  # fmt: skip
        if changes:
            self.ctx.on_events()
        return _told(writes, changes)

    def _verdicts(
        self,
        found: Sequence[Found],
        gone: Sequence[Gone],
        known: Known,
        facts: Facts,
        gone_at: str | None,
    ) -> list[tuple[Ref, Ref, Verdict]]:
        options = self.connection.options
        verdicts = [
            (
                one.ref,
                one.root,
                cut(options, one.draft.model, self._verdict(one, known, facts), known.get(one.ref)),
            )
            for one in found
        ]
        at = gone_at or times.iso(times.now_ms())
        for ref, subject in gone:
            verdict = decide.announce_deleted(
                MODELS[ref.model], known[ref], ref.remote_id, subject, self.causes, at, facts
            )
            verdict = self._hushed(ref.model, verdict, known[ref])
            verdicts.append((ref, ref, cut(options, ref.model, verdict, known[ref])))
        return verdicts

    def _verdict(self, one: Found, known: Known, facts: Facts) -> Verdict:
        model, before, began = (
            MODELS[one.draft.model],
            known.get(one.ref),
            self.connection.baseline_iso,
        )
        silent = self.first or (self.quiet and before is None)
        verdict = decide.announce(
            model, one.draft, before, self.causes, facts, began, quiet=silent, listed=self.listed
        )
        return self._hushed(one.draft.model, verdict, before)

    def _hushed(self, model: str, verdict: Verdict, before: Snapshot | None) -> Verdict:
        """Adopt in silence what a quiet commit finds, and keep what was told last.

        A webhook of it may be on its way: it is compared with `was`.
        """
        if not self.quiet or self.first or verdict.snapshot is None or MODELS[model].silent:
            return verdict
        if before is None:
            return Verdict(replace(verdict.snapshot, was={}))
        if not verdict.changes:
            return verdict
        was = before.fields if before.was is None else before.was
        return Verdict(replace(verdict.snapshot, sequence=before.sequence, was=was))

    def _written(
        self, verdicts: Sequence[tuple[Ref, Ref, Verdict]], known: Known
    ) -> tuple[list[Write], list[tuple[int, Change]]]:
        writes, changes = [], []
        for ref, root, verdict in verdicts:
            if verdict.snapshot is None:
                continue
            before = known.get(ref)
            came_with = "" if ref == root else f"{root.model}:{root.remote_id}"
            snapshot = as_of(ref.model, verdict.snapshot)
            writes.append(Write(ref, before.version if before else 0, snapshot, came_with))
            first = (before.sequence if before else 0) + 1
            changes += list(enumerate(verdict.changes, first))
        return writes, changes

    def uid(self, model: str, remote_id: str) -> str:
        """Return the unified id of a record, and keep behind which one a job stands."""
        uid = ids.record_id(self.connection.id, model, remote_id)
        if model == "job":
            self.jobs[uid] = remote_id
        return uid


def _unchanged(verdicts: Sequence[tuple[Ref, Ref, Verdict]]) -> list[Ref]:
    return [ref for ref, _, verdict in verdicts if verdict.snapshot is None]


def _looked(causes: Sequence[Cause]) -> bool:
    """Say whether only our own looks led to something."""
    return bool(causes) and LOOKED.issuperset(cause.origin for cause in causes)


def _people(found: Sequence[Found], gone: Sequence[Gone]) -> set[str]:
    """Return the candidates (remote ids) that a commit is about."""
    subjects = {one.draft.subject for one in found} | {one.subject for one in gone}
    return {subject.remote_id for subject in subjects if subject.model == PERSON}


def _told(writes: Sequence[Write], changes: Sequence[tuple[int, Change]]) -> Told:
    moved = tuple(write.ref for write in writes if write.replaces)
    return Told(Done(len(changes)), tuple(change for _, change in changes), moved)


def as_of(model: str, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot that knows up to when hops are in it: at least to the record's own update.

    A webhook that comes late tells of a hop that the fetch had seen; told again it would chain from a
    state that came after it, and so tell of states that nobody ever had.
    """
    moments = (snapshot.hop_at, snapshot.fields.get("remote_updated_at"))
    known = [(ms, at) for at in moments if (ms := times.parse(at)) is not None]
    if not MODELS[model].hop_fields or not known:
        return snapshot
    return replace(snapshot, hop_at=max(known)[1])

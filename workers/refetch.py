"""Refetch one root: begin, GET, normalize, compare, commit; each outcome is a value."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.core import ids, times
from service.core.logs import logger
from service.core.recruitee.client import (
    MAX_IN_FLIGHT,
    Answer,
    Hidden,
    Later,
    Missing,
    Ok,
    Refused,
    Unauthorized,
)
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.records import Begun, Committed, Known, Write
from service.core.unified import announce as decide
from service.core.unified.hops import in_order
from service.core.unified.model import (
    Cause,
    Change,
    Draft,
    Ref,
    Snapshot,
    Verdict,
)
from service.core.unified.model import Context as Facts
from service.core.unified.models.stage import categories
from service.core.unified.registry import MODELS, ROOTS
from workers import stages
from workers.asking import Again, Asking, Done, Failed, Lost, Outcome, Unanswered
from workers.context import Context
from workers.witnesses import listed_as_deleted, objects, vanished

RACES = 8
LONGEST_TURN_S = 5.0
log = logger("refetch")


async def refetch(
    ctx: Context,
    connection: Connection,
    ref: Ref,
    causes: Sequence[Cause],
    lease: Lease | None,
    acks: Sequence[str],
    parked: str,
    *,
    patient: bool,
) -> Outcome:
    """Fetch a root, tell what changed, acknowledge `acks` and clear the parked root, atomically.

    `patient`: a fetch that lags behind what a webhook claims is not committed but tried again.
    """
    one = _One(ctx, connection, ref, causes, lease, acks, parked)
    return await one.run(patient)


class _Overtaken(Exception):
    """Another fetch told of one of the records while this one was under way: ask again."""


class _One:
    """One refetch of one root."""

    def __init__(
        self,
        ctx: Context,
        connection: Connection,
        ref: Ref,
        causes: Sequence[Cause],
        lease: Lease | None,
        acks: Sequence[str],
        parked: str,
    ) -> None:
        self._ctx = ctx
        self._connection = connection
        self._c = connection.id
        self._ref = ref
        self._root = ROOTS[ref.model]
        self._causes = causes
        self._lease = lease
        self._acks = acks
        self._parked = parked
        self._asking = Asking(ctx, connection)
        self._jobs: dict[str, str] = {}  # unified -> remote id of those that the answer names
        self._moment = 0

    async def run(self, patient: bool) -> Outcome:
        named = self._parked
        for _ in range(RACES):
            try:
                return await self._once(patient, named)
            except Unanswered as error:
                return error.outcome
            except _Overtaken:
                named = ""  # begun is begun, however often it is asked
        return Failed("its records kept changing while they were fetched")

    async def _once(self, patient: bool, named: str) -> Outcome:
        rate = self._ctx.settings.recruitee_rate
        self._moment = self._ctx.lately.now()
        begun = await self._ctx.store.records.begin(
            self._c, self._ref, rate, MAX_IN_FLIGHT, self._lease, named
        )
        if begun.wait_s > LONGEST_TURN_S:
            # Recruitee told us to wait (429): parked, it holds neither the lease nor a place in the drain.
            return Failed("Recruitee asked for a pause", begun.wait_s)
        await asyncio.sleep(begun.wait_s)
        answer = await self._asking.get(
            self._root.path.format(id=self._ref.remote_id), self._root.params
        )
        return await self._answered(answer, begun, patient)

    async def _answered(self, answer: Answer, begun: Begun, patient: bool) -> Outcome:
        match answer:
            case Ok(data):
                return await self._seen(data, begun.token, begun.known, patient)
            case Missing():
                return await self._missing(begun.token, begun.known)
            case Hidden():
                return await self._hidden(begun.token)
            case Refused(status, reason):
                return Lost(f"Recruitee refused the request ({status}): {reason}")
            case Later(reason, after_s):
                return Failed(reason, after_s)
            case Unauthorized():
                return answer

    async def _seen(
        self, data: Mapping[str, Any], token: int, known: Known, patient: bool
    ) -> Outcome:
        raw = data.get(self._root.key)
        if not isinstance(raw, Mapping):
            return Failed(f"Recruitee's answer has no {self._root.key!r}")
        if self._may_be_deleted(known) and (
            outcome := await self._maybe_deleted(token, known, patient)
        ):
            return outcome
        references = objects(data.get("references"))
        facts = await self._known_facts(raw, references, known)
        drafts = self._root.expand(raw, references, facts)
        if patient and any(self._lagging(draft, facts) for draft in drafts):
            return Again()
        gone = await vanished(self._asking, self._ref, drafts, known)
        return await self._commit(drafts, gone, token, known, facts)

    def _lagging(self, draft: Draft, facts: Facts) -> bool:
        return decide.lagging(MODELS[draft.model], draft, self._causes, facts)

    def _may_be_deleted(self, known: Known) -> bool:
        """Say whether a webhook, or what we know, speaks against the record that was served."""
        return self._said_deleted() or (self._ref in known and known[self._ref].deleted)

    def _said_deleted(self) -> bool:
        return any(cause.event_type == "candidate_deleted" for cause in self._causes)

    async def _maybe_deleted(self, token: int, known: Known, patient: bool) -> Outcome | None:
        # A soft-deleted candidate may still be served: the listing of the deleted is the witness.
        if await listed_as_deleted(self._asking, self._ref):
            return await self._delete(token, known)
        last = in_order(self._causes)[-1:]
        newest = bool(last) and last[0].event_type == "candidate_deleted"
        return Again() if patient and newest else None

    async def _missing(self, token: int, known: Known) -> Outcome:
        if self._ref not in known or known[self._ref].deleted:
            return await self._commit([], [], token, known, self._facts({}))
        if self._said_deleted() or await listed_as_deleted(self._asking, self._ref):
            return await self._delete(token, known)
        log.info("refetch.unwitnessed_404", connection_id=self._c, model=self._ref.model)
        await self._ctx.store.pipe.call("HINCRBY", "stat", "unwitnessed_404", 1)
        return await self._commit([], [], token, known, self._facts({}))

    async def _hidden(self, token: int) -> Outcome:
        await self._ctx.store.records.hidden(self._c, self._ref)
        return await self._commit([], [], token, {}, self._facts({}))

    async def _delete(self, token: int, known: Known) -> Outcome:
        """Tombstone the root and all that came with it, the root first."""
        at = next(
            (c.at for c in reversed(self._causes) if c.event_type == "candidate_deleted"), None
        )
        order = sorted(known, key=lambda ref: ref != self._ref)
        return await self._commit([], order, token, known, self._facts({}), at)

    async def _commit(
        self,
        drafts: Sequence[Draft],
        gone: Sequence[Ref],
        token: int,
        known: Known,
        facts: Facts,
        gone_at: str | None = None,
    ) -> Outcome:
        """Compare and commit; when a record moved meanwhile, compare again with what it is now."""
        records = self._ctx.store.records
        touched = [Ref(d.model, d.remote_id) for d in drafts]
        unread = [ref for ref in touched if ref not in known]
        if unread:
            known = known | await records.load(self._c, unread)
        for race in range(RACES):
            verdicts = self._verdicts(drafts, gone, known, facts, gone_at)
            writes, changes = self._written(verdicts, known)
            if self._jobs and any(write.replaces == 0 for write in writes):
                # To see whether an application is gone one asks by its job, which we may never have seen.
                await records.name(self._c, "job", self._jobs)
            self._in_order(writes)
            done = await records.commit(
                self._c, token, writes, changes, lease=self._lease, acks=self._acks,
                parked=self._parked, ring=False,
            )  # fmt: skip
            if done is not Committed.MOVED:
                if race:
                    # It may be our own commit that was there before, its reply lost on the way.
                    self._ctx.on_events()
                return self._told(done, changes)
            known = known | await records.load(self._c, {*touched, *gone})
        return Failed("its records kept changing while they were compared")

    def _in_order(self, writes: Sequence[Write]) -> None:
        """See that no other root's fetch committed one of these while ours was under way.

        Roots share some records (stages): which of two answers is older nobody can say then.
        """
        shown = [(self._c, write.ref) for write in writes]
        if self._ctx.lately.since(self._moment, shown, self):
            raise _Overtaken
        self._ctx.lately.note(shown, self)

    def _told(self, done: Committed, changes: Sequence[tuple[int, Change]]) -> Done:
        if done is Committed.STALE or not changes:
            return Done(0)
        for _, change in changes:
            log.info("record.changed", connection_id=self._c, type=change.event, model=change.model)
        self._ctx.on_events()
        return Done(len(changes))

    def _verdicts(
        self,
        drafts: Sequence[Draft],
        gone: Sequence[Ref],
        known: Known,
        facts: Facts,
        gone_at: str | None,
    ) -> list[tuple[Ref, Verdict]]:
        verdicts = []
        for draft in drafts:
            ref = Ref(draft.model, draft.remote_id)
            verdict = decide.announce(
                MODELS[draft.model], draft, known.get(ref), self._causes, facts,
                self._connection.baseline_iso,
            )  # fmt: skip
            verdicts.append((ref, verdict))
        at = gone_at or times.iso(times.now_ms())
        for ref in gone:
            subject = self._ref if ref.model == self._root.child else ref
            verdict = decide.announce_deleted(
                MODELS[ref.model], known[ref], ref.remote_id, subject, self._causes, at, facts
            )
            verdicts.append((ref, verdict))
        return verdicts

    def _written(
        self, verdicts: Sequence[tuple[Ref, Verdict]], known: Known
    ) -> tuple[list[Write], list[tuple[int, Change]]]:
        writes, changes = [], []
        for ref, verdict in verdicts:
            if verdict.snapshot is None:
                continue
            before = known.get(ref)
            root = "" if ref == self._ref else f"{self._ref.model}:{self._ref.remote_id}"
            snapshot = as_of(ref.model, verdict.snapshot)
            writes.append(Write(ref, before.version if before else 0, snapshot, root))
            first = (before.sequence if before else 0) + 1
            changes += list(enumerate(verdict.changes, first))
        return writes, changes

    def _facts(self, stages: Mapping[str, str | None]) -> Facts:
        return Facts(self._c, self._uid, stages)

    def _uid(self, model: str, remote_id: str) -> str:
        uid = ids.record_id(self._c, model, remote_id)
        if model == "job":
            self._jobs[uid] = remote_id
        return uid

    async def _known_facts(
        self, raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], known: Known
    ) -> Facts:
        """Return what normalizing needs to know besides the answer."""
        needs = sorted(self._root.needs(raw, references))
        looked_up = await stages.needed(self._asking, needs, self._fetch_job) if needs else {}
        hops = await stages.of_hops(self._asking, self._causes, known)
        # What the answer explains itself is needed beyond normalizing: a hop back is judged by it.
        return self._facts(hops | looked_up | categories(references))

    async def _fetch_job(self, ref: Ref) -> Outcome:
        return await refetch(
            self._ctx, self._connection, ref, [], self._lease, [], "", patient=False
        )


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

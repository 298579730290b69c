"""Refetch one root: begin, GET, normalize, compare, commit; each outcome is a value."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

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
from service.core.store.records import Begun, Known
from service.core.unified import announce as decide
from service.core.unified.model import Cause, Draft, Ref
from service.core.unified.model import Context as Facts
from service.core.unified.models.stage import categories
from service.core.unified.registry import MODELS, ROOTS
from workers import deleting, questions, stages
from workers.asking import Again, Asking, Failed, Lost, Outcome, Unanswered
from workers.commit import RACES, Commit, Found, Gone, Overtaken
from workers.context import Context
from workers.following import follow, follow_counts
from workers.pipelines import taken_out
from workers.scope import within
from workers.wholes import knew_all
from workers.witnesses import listed_as_deleted, objects, vanished

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
    quiet: bool = False,
    burst: int = MAX_IN_FLIGHT,
) -> Outcome:
    """Fetch a root, tell what changed, acknowledge `acks` and clear the parked root, atomically.

    `patient`: a fetch that lags behind what a webhook claims is not committed but tried again.
    `quiet`: what differs is adopted in silence. `burst`: how many requests may leave at once; one who
    takes less than all leaves the rest to those who are in a hurry.
    """
    commit = Commit(ctx, connection, lease, causes, acks, parked, quiet, whole=True)
    return await _One(commit, ref, Asking(ctx, connection, burst)).run(patient)


class _One:
    """One refetch of one root."""

    def __init__(self, commit: Commit, ref: Ref, asking: Asking) -> None:
        self._ctx = commit.ctx
        self._c = commit.connection.id
        self._commit_of = commit
        self._ref = ref
        self._root = ROOTS[ref.model]
        self._causes = commit.causes
        self._asking = asking

    async def run(self, patient: bool) -> Outcome:
        named = self._commit_of.parked
        for _ in range(RACES):
            try:
                return await self._once(patient, named)
            except Unanswered as error:
                return error.outcome
            except Overtaken:
                named = ""  # begun is begun, however often it is asked
        return Failed("its records kept changing while they were fetched")

    async def _once(self, patient: bool, named: str) -> Outcome:
        rate = self._ctx.settings.recruitee_rate
        self._commit_of.began()
        begun = await self._ctx.store.records.begin(
            self._c, self._ref, rate, self._asking.burst, self._commit_of.lease, named
        )
        if begun.barred:
            return (await self._commit_of.run([], [], 0, {}, self._facts({}))).outcome
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
            case Missing(vouched):
                return await self._missing(begun.token, begun.known, vouched=vouched)
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
        gone += [ref for ref in self._root.gone(raw, self._ref.remote_id) if _lives(known, ref)]
        stages_gone = await taken_out(self._asking, self._ref, raw, known)
        self._commit_of.listed = knew_all(known.get(self._ref), drafts)
        kept = await within(self._commit_of, drafts, self._fetch)
        return await self._commit(kept, [*gone, *stages_gone], token, known | stages_gone, facts)

    def _lagging(self, draft: Draft, facts: Facts) -> bool:
        return decide.lagging(MODELS[draft.model], draft, self._causes, facts)

    def _may_be_deleted(self, known: Known) -> bool:
        """Say whether a webhook, or what we know, speaks against the record that was served."""
        return deleting.said(self._causes) or (self._ref in known and known[self._ref].deleted)

    async def _maybe_deleted(self, token: int, known: Known, patient: bool) -> Outcome | None:
        # A soft-deleted candidate may still be served: the listing of the deleted is the witness.
        if await listed_as_deleted(self._asking, self._ref):
            return await self._delete(token, known)
        return Again() if patient and deleting.said_last(self._causes) else None

    async def _missing(self, token: int, known: Known, *, vouched: bool) -> Outcome:
        if self._ref not in known or known[self._ref].ended:
            return await self._commit([], [], token, known, self._facts({}))
        if await deleting.confirmed(self._asking, self._ref, self._causes, vouched=vouched):
            return await self._delete(token, known)
        log.info("refetch.unwitnessed_404", connection_id=self._c, model=self._ref.model)
        await self._ctx.store.pipe.call("HINCRBY", "stat", "unwitnessed_404", 1)
        return await self._commit([], [], token, known, self._facts({}))

    async def _hidden(self, token: int) -> Outcome:
        await self._ctx.store.records.hidden(self._c, self._ref)
        return await self._commit([], [], token, {}, self._facts({}))

    async def _delete(self, token: int, known: Known) -> Outcome:
        """Tombstone the root and all that came with it or belongs to it, the root first."""
        ending = await deleting.taken_along(self._asking, self._ref, known)
        order = sorted(ending, key=lambda ref: ref != self._ref)
        at = deleting.said_at(self._causes)
        return await self._commit([], order, token, ending, self._facts({}), at)

    async def _commit(
        self,
        drafts: Sequence[Draft],
        gone: Sequence[Ref],
        token: int,
        known: Known,
        facts: Facts,
        gone_at: str | None = None,
    ) -> Outcome:
        found = [Found(draft, self._ref) for draft in drafts]
        ended = [Gone(ref, self._subject(ref)) for ref in gone]
        self._commit_of.ahead = partial(follow, self._ctx, self._c, self._ref, causes=self._causes)
        told = await self._commit_of.run(found, ended, token, known, facts, gone_at)
        if any(cause.origin == "reconcile" for cause in self._causes):
            await follow_counts(self._ctx, self._c, self._ref, told, known)
        return told.outcome

    def _subject(self, ref: Ref) -> Ref:
        owned = deleting.owned_by(self._ref.model)
        belongs = {each.member for each in owned} | {self._root.child}
        return self._ref if ref.model in belongs else ref

    def _facts(self, stages: Mapping[str, str | None]) -> Facts:
        return self._commit_of.facts(stages)

    async def _known_facts(
        self, raw: Mapping[str, Any], references: Sequence[Mapping[str, Any]], known: Known
    ) -> Facts:
        """Return what normalizing needs to know besides the answer."""
        needs = sorted(self._root.needs(raw, references))
        looked_up = await stages.needed(self._asking, needs, self._fetch) if needs else {}
        hops = await stages.of_hops(self._asking, self._causes, known)
        asked = await questions.needed(self._asking, raw, self._fetch)
        # What the answer explains itself is needed beyond normalizing: a hop back is judged by it.
        return self._commit_of.facts(hops | looked_up | categories(references), asked)

    async def _fetch(self, ref: Ref) -> Outcome:
        of = self._commit_of
        return await refetch(
            self._ctx, of.connection, ref, [], of.lease, [], "", patient=False, quiet=of.quiet,
            burst=self._asking.burst,
        )  # fmt: skip


def _lives(known: Known, ref: Ref) -> bool:
    return ref in known and not known[ref].ended

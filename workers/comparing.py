"""Compare what a list shows with what we have: which records are to be looked at by themselves.

A key that a list does not serve says nothing; a record's own update time says that something did change
which the list need not show.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from service.core import ids, times
from service.core.recruitee.webhook import entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.records import Known
from service.core.store.suppression import PERSON
from service.core.unified import announce as decide
from service.core.unified.model import Cause, Draft, Ref, Snapshot
from service.core.unified.registry import COLLECTIONS, MODELS, ROOTS
from workers.commit import Commit, Found
from workers.context import Context
from workers.lists import Page
from workers.scope import within
from workers.sync import expanded

BECAUSE = Cause(origin="reconcile")
OPEN_JOBS = ("OPEN", "DRAFT")


class Compared(NamedTuple):
    """What a page came to."""

    differing: frozenset[Ref]  # roots that are to be looked at
    seen: frozenset[str]  # remote ids of the list's own records that are kept


def member_of(name: str) -> str:
    """Return the model of what a list lists."""
    return name if name in ROOTS else COLLECTIONS[name].member


def absent_for(passes: int) -> Cause:
    """Return why a record is looked at that so many whole passes in a row did not show."""
    return Cause(origin="reconcile", details={"absent": passes})


def entries(roots: frozenset[Ref] | Sequence[Ref], cause: Cause = BECAUSE) -> list[bytes]:
    """Return inbox entries that look at roots."""
    return [entry(f"{root.model}:{root.remote_id}", cause) for root in sorted(roots)]


async def asked_now(ctx: Context, c: str) -> list[Ref]:
    """Return the question templates of jobs that are open: their list does not show the questions."""
    asked = await ctx.store.records.all_fields(c, "job", "screening_question_template_id")
    status = await ctx.store.records.all_fields(c, "job", "status")
    used = {str(i) for job, i in asked.items() if i and status.get(job) in OPEN_JOBS}
    return [Ref("question_template", i) for i in sorted(used)]


async def compare(
    ctx: Context, connection: Connection, lease: Lease, name: str, shown: Page
) -> Compared:
    """Compare a page of a root's list, or of the list of all owners' records."""
    commit = Commit(ctx, connection, lease, [BECAUSE])
    facts = commit.facts(await _categories(ctx, connection.id))
    found = list(expanded(name, shown.rows, shown.references, facts))
    kept = await _kept(commit, found)
    known = await ctx.store.records.load(connection.id, {each.ref for each in kept})
    comparing = _Comparing(commit, known)
    differing = frozenset(each.root for each in kept if comparing.differs(each.draft))
    differing |= await _lacking(ctx, connection.id, name, kept)
    member = member_of(name)
    return Compared(differing, frozenset(e.ref.remote_id for e in kept if e.ref.model == member))


async def _categories(ctx: Context, c: str) -> dict[str, str | None]:
    stages = await ctx.store.records.all_fields(c, "stage", "category")
    return {i: category for i, category in stages.items() if isinstance(category, str)}


async def _kept(commit: Commit, found: Sequence[Found]) -> list[Found]:
    """Return what is within the scope and about nobody who was erased."""
    c = commit.connection.id
    people = {f.draft.subject.remote_id for f in found if f.draft.subject.model == PERSON}
    barred = await commit.ctx.store.suppression.among(c, people)
    drafts = {Ref(d.model, d.remote_id): d for d in await within(commit, [f.draft for f in found])}
    return [
        Found(drafts[each.ref], each.root)
        for each in found
        if each.ref in drafts and each.draft.subject not in {Ref(PERSON, i) for i in barred}
    ]


async def _lacking(ctx: Context, c: str, name: str, kept: Sequence[Found]) -> frozenset[Ref]:
    """Return the roots that are shown without something inside them that we have."""
    child = ROOTS[name].child if name in ROOTS else None
    if child is None:
        return frozenset()
    roots = sorted({each.root for each in kept})
    inside = await asyncio.gather(*(ctx.store.records.children(c, root) for root in roots))
    shown = {each.ref for each in kept}
    missed = {
        ref: root
        for root, refs in zip(roots, inside, strict=True)
        for ref in refs
        if ref.model == child and ref not in shown
    }
    known = await ctx.store.records.load(c, missed)
    uids = {root: ids.record_id(c, *root) for root in missed.values()}
    return frozenset(
        missed[ref]
        for ref, snapshot in known.items()
        if not snapshot.deleted and snapshot.fields.get(f"{name}_id") == uids[missed[ref]]
    )


class _Comparing:
    """What the drafts of one page are held against."""

    def __init__(self, commit: Commit, known: Known) -> None:
        self._facts = commit.facts()
        self._began = commit.connection.baseline_iso
        self._known = known

    def differs(self, draft: Draft) -> bool:
        before = self._known.get(Ref(draft.model, draft.remote_id))
        if before is None or before.deleted or _moved(draft, before):
            return True
        model = MODELS[draft.model]
        verdict = decide.announce(model, draft, before, (), self._facts, self._began)
        return bool(verdict.changes) or (model.silent and verdict.snapshot is not None)


def _moved(draft: Draft, before: Snapshot) -> bool:
    said, had = draft.fields.get("remote_updated_at"), before.fields.get("remote_updated_at")
    return said is not None and times.parse(said) != times.parse(had)

"""What a commit gives cause to look at next: entries of our own in the same inbox."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from service.core.recruitee.webhook import entry
from service.core.store.records import Known
from service.core.unified.model import Cause, Change, Ref
from service.core.unified.registry import COLLECTIONS
from workers.commit import Told
from workers.context import Context
from workers.questions import TEMPLATE


async def follow(ctx: Context, c: str, root: Ref, told: Told, causes: Sequence[Cause] = ()) -> None:
    """Look at what a record's change gives cause to look at.

    At what a restored record owns; at jobs that ask the questions, or have the pipeline, that changed; at
    who had an application before it moved over (two candidates were merged).
    """
    roots = _belongings(root, told.changes)
    if root.model == TEMPLATE and root in told.moved:
        roots += await _asking(ctx, c, root.remote_id)
    roots += await _of_one_pipeline(ctx, c, root, told.changes)
    await _without_job(ctx, c, told.changes)
    cause = _because(told.changes, causes)
    # What is told of the one that was left is not what the cause names.
    other = Cause(origin=cause.origin, at=cause.at)
    rows = [entry(name, cause) for name in roots]
    rows += [entry(name, other) for name in await _left(ctx, c, told.changes)]
    if rows:
        await ctx.store.inbox.enqueue(c, rows)


async def follow_counts(ctx: Context, c: str, root: Ref, told: Told, known: Known) -> None:
    """Look at the lists of a record whose count is another than it was, where no entry told of them."""
    if root not in told.moved or root not in known:
        return
    was, now = known[root].fields, await ctx.store.records.load(c, [root])
    counted = (each for each in COLLECTIONS.values() if each.owner == root.model and each.counted)
    roots = [
        f"{each.name}:{root.remote_id}"
        for each in counted
        if root in now and was.get(each.counted or "") != now[root].fields.get(each.counted or "")
    ]
    if roots:
        cause = Cause(origin="reconcile")
        await ctx.store.inbox.enqueue(c, [entry(name, cause) for name in roots])


async def follow_files(ctx: Context, c: str, root: Ref, told: Told) -> None:
    """Look at the files of a candidate or job where a note with files is new or changed."""
    owner = COLLECTIONS[root.model].owner
    files = f"{owner}_attachments"
    if any(c.model == "note" and c.record.get("attachment_ids") for c in told.changes):
        rows = [entry(f"{files}:{root.remote_id}", _because(told.changes))]
        await ctx.store.inbox.enqueue(c, rows)


def _belongings(root: Ref, changes: Iterable[Change]) -> list[str]:
    back = any(
        change.event.endswith(".restored") and Ref(change.model, change.remote_id) == root
        for change in changes
    )
    owned = (each.name for each in COLLECTIONS.values() if each.owner == root.model)
    return [f"{name}:{root.remote_id}" for name in owned] if back else []


async def _asking(ctx: Context, c: str, template: str) -> list[str]:
    field = "screening_question_template_id"
    jobs = await ctx.store.records.all_fields(c, "job", field)
    return [f"job:{job}" for job, asked in jobs.items() if asked == template]


async def _of_one_pipeline(ctx: Context, c: str, root: Ref, changes: Iterable[Change]) -> list[str]:
    """Return the jobs that had the very stages that this one had, where its pipeline was edited."""
    was, now = _changed(changes, "stage_ids")
    if root.model != "job" or not set(was or ()) & set(now or ()):
        return []
    jobs = await ctx.store.records.all_fields(c, "job", "stage_ids")
    return [f"job:{job}" for job, stages in jobs.items() if stages == was and job != root.remote_id]


async def _left(ctx: Context, c: str, changes: Iterable[Change]) -> list[str]:
    """Return the candidates that applications were taken from."""
    taken = (change for change in changes if change.model == "application")
    uids = {was for each in taken if (was := _changed([each], "candidate_id")[0])}
    found = [await ctx.store.records.remote_id(c, "candidate", uid) for uid in sorted(uids)]
    return [f"candidate:{remote_id}" for remote_id in found if remote_id]


async def _without_job(ctx: Context, c: str, changes: Iterable[Change]) -> None:
    """Where a job was deleted, see to the applications that ended with it: nobody lists those of a job."""
    ended = (change for change in changes if change.event == "job.deleted")
    if any(cause.origin != "reconcile" for change in ended for cause in change.causes):
        await ctx.store.watching.note(c, reconcile=1)


def _changed(changes: Iterable[Change], path: str) -> tuple[Any, Any]:
    """Return what a field was and is, by the first change of it."""
    for change in changes:
        for each in change.changes:
            if each["path"] == path:
                return each["before"], each["after"]
    return None, None


def _because(changes: Iterable[Change], causes: Sequence[Cause] = ()) -> Cause:
    """Return what the changes came of; of what changed in silence, why it was looked at."""
    for change in changes:
        for cause in change.causes:
            return replace(cause, details={})
    return Cause(origin=causes[-1].origin if causes else "sync")

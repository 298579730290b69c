"""What a commit gives cause to look at next: entries of our own in the same inbox."""

from collections.abc import Iterable

from service.core.recruitee.webhook import entry
from service.core.unified.model import Cause, Change, Ref
from service.core.unified.registry import COLLECTIONS
from workers.commit import Told
from workers.context import Context
from workers.questions import TEMPLATE


async def follow(ctx: Context, c: str, root: Ref, told: Told) -> None:
    """Look at what a restored record owns, and at the jobs that ask the questions which changed."""
    roots = _belongings(root, told.changes)
    if root.model == TEMPLATE and root in told.moved:
        roots += await _asking(ctx, c, root.remote_id)
    if roots:
        cause = _because(told.changes)
        await ctx.store.inbox.enqueue(c, [entry(name, cause) for name in roots])


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


def _because(changes: Iterable[Change]) -> Cause:
    for change in changes:
        for cause in change.causes:
            return Cause(origin=cause.origin, at=change.at)
    return Cause(origin="sync")

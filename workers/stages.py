"""The categories of stages that an answer does not explain: kept, stored, or fetched with their job."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from service.core.recruitee.client import Unauthorized
from service.core.store.records import Known
from service.core.unified.model import Cause, Need, Ref
from workers.asking import Asking, Failed, Outcome, Unanswered

Found = dict[str, str | None]


async def needed(
    asking: Asking, needs: Sequence[Need], fetch_job: Callable[[Ref], Awaitable[Outcome]]
) -> Found:
    """Return the categories of the stages; `fetch_job` commits a job with its pipeline."""
    found: Found = {}
    missing = []
    for need in needs:
        if (category := asking.ctx.stages.get((asking.connection.id, need.stage_id))) is not None:
            found[need.stage_id] = category
        else:
            missing.append(need)
    for need in missing:
        found[need.stage_id] = await _category(asking, need, fetch_job)
    return found


async def of_hops(asking: Asking, causes: Sequence[Cause], known: Known) -> Found:
    """Return the categories of stages that a webhook requalifies in without naming them."""
    if not any(cause.event_subtype == "requalified" for cause in causes):
        return {}
    c, records = asking.connection.id, asking.ctx.store.records
    uids = {uid for s in known.values() if isinstance(uid := s.fields.get("current_stage_id"), str)}
    stages = [await records.remote_id(c, "stage", uid) for uid in uids]
    found = {stage: await _stored(asking, stage) for stage in stages if stage}
    for cause in causes:
        for stage in (cause.details.get("from_stage"), cause.details.get("to_stage")):
            if isinstance(stage, Mapping) and stage.get("category"):
                found[str(stage.get("id"))] = stage["category"]
    return found


async def _category(
    asking: Asking, need: Need, fetch_job: Callable[[Ref], Awaitable[Outcome]]
) -> str | None:
    name = (asking.connection.id, need.job_id)
    category = await _stored(asking, need.stage_id)
    if category is not None or asking.ctx.missing_jobs.get(name):
        return category
    outcome = await fetch_job(Ref("job", need.job_id))
    if isinstance(outcome, Failed | Unauthorized):
        # Without the category an outcome would be a guess, and told as if it were known.
        raise Unanswered(outcome)
    asking.ctx.missing_jobs.put(name, True)
    return await _stored(asking, need.stage_id)


async def _stored(asking: Asking, stage_id: str) -> str | None:
    ref = Ref("stage", stage_id)
    known = await asking.ctx.store.records.load(asking.connection.id, [ref])
    category = known[ref].fields.get("category") if ref in known else None
    if not isinstance(category, str):
        return None
    asking.ctx.stages.put((asking.connection.id, stage_id), category)
    return category

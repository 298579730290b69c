"""Stages that were taken out of a pipeline: gone once the job and the pipeline itself both say so."""

from collections.abc import Mapping
from typing import Any

from service.core.recruitee.client import Missing, Ok
from service.core.store.records import Known
from service.core.unified.model import Ref
from service.core.unified.reading import identifier, mapping, mappings
from workers.asking import Asking


async def taken_out(asking: Asking, job: Ref, raw: Mapping[str, Any], known: Known) -> Known:
    """Return the stages that a job's pipeline had and has no more; none where it has another pipeline."""
    template = mapping(raw.get("pipeline_template"))
    pipeline, here = identifier(template.get("id")), _stages(template)
    if job.model != "job" or pipeline is None or not here:
        return {}
    missed = await _known_stages(asking, job, known)
    left = {
        ref: snapshot
        for ref, snapshot in missed.items()
        if ref.remote_id not in here
        and not snapshot.deleted
        and snapshot.fields.get("pipeline_id") == pipeline
    }
    return left if left and await _confirmed(asking, pipeline, left) else {}


async def orphaned(asking: Asking, job: Ref, stages: Known) -> set[Ref]:
    """Return the stages that end with a job: of a pipeline that nobody else has and that is gone too."""
    lists = await asking.ctx.store.records.all_fields(asking.connection.id, "job", "stage_ids")
    used = {uid for other, uids in lists.items() if other != job.remote_id for uid in _uids(uids)}
    left = {ref: s for ref, s in stages.items() if s.fields.get("id") not in used}
    pipelines = {i for s in left.values() if (i := identifier(s.fields.get("pipeline_id")))}
    gone = [i for i in sorted(pipelines) if await _confirmed(asking, i, left)]
    return {ref for ref, s in left.items() if s.fields.get("pipeline_id") in gone}


def _uids(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


async def _known_stages(asking: Asking, job: Ref, known: Known) -> Known:
    before = known[job].fields.get("stage_ids") if job in known else None
    records, c = asking.ctx.store.records, asking.connection.id
    found = [await records.remote_id(c, "stage", uid) for uid in _uids(before)]
    return await records.load(c, [Ref("stage", remote_id) for remote_id in found if remote_id])


async def _confirmed(asking: Asking, pipeline: str, left: Known) -> bool:
    match await asking.further(f"/pipeline_templates/{pipeline}"):
        case Missing(vouched=True):
            return True
        case Ok(data):
            there = _stages(mapping(data.get("pipeline_template")))
            return bool(there) and not there & {ref.remote_id for ref in left}
    return False


def _stages(template: Mapping[str, Any]) -> set[str]:
    return {i for each in mappings(template.get("stages")) if (i := identifier(each.get("id")))}

"""Second witnesses: a record that is not served is gone only if something else says so too."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.core.recruitee.client import Missing, Ok
from service.core.store.records import Known
from service.core.unified.model import Draft, Ref, Root
from service.core.unified.registry import ROOTS
from workers.asking import Asking


async def listed_as_deleted(asking: Asking, ref: Ref) -> bool:
    """Say whether the listing of the deleted has a root; raises Unanswered."""
    root = ROOTS[ref.model]
    if root.deleted_params is None:
        return False
    if ref.remote_id not in await _listed(
        asking, root, {**root.deleted_params, "ids": ref.remote_id}
    ):
        return False
    # Recruitee ignores in silence what it does not know: a list that has somebody who lives is no witness.
    living = (i for i in await _listed(asking, root, {"limit": "2"}) if i != ref.remote_id)
    other = next(living, None)
    asked = {**root.deleted_params, "ids": other or ""}
    return other is None or not await _listed(asking, root, asked)


async def _listed(asking: Asking, root: Root, params: Mapping[str, str]) -> list[str]:
    """Return the remote ids that a root's listing shows, at most one unless `limit` says otherwise."""
    answer = await asking.further(root.listing.path, {"limit": "1", **params})
    rows = objects(answer.data.get(root.listing.key)) if isinstance(answer, Ok) else []
    return [str(row.get("id")) for row in rows]


async def vanished(asking: Asking, root: Ref, drafts: Sequence[Draft], known: Known) -> list[Ref]:
    """Return the children that a full answer no longer has and that are confirmed to be gone."""
    child = ROOTS[root.model].child
    if child is None or not drafts:
        return []
    shown = {Ref(draft.model, draft.remote_id) for draft in drafts}
    missed = [
        (ref, snapshot.fields)
        for ref, snapshot in known.items()
        if ref.model == child and not snapshot.ended and ref not in shown
    ]
    return [ref for ref, fields in missed if await _confirmed(asking, root, ref, fields)]


async def _confirmed(asking: Asking, root: Ref, ref: Ref, fields: Mapping[str, Any]) -> bool:
    job = fields.get("job_id")
    records = asking.ctx.store.records
    remote = (
        await records.remote_id(asking.connection.id, "job", job) if isinstance(job, str) else None
    )
    names = {job: remote, fields.get("candidate_id"): root.remote_id}
    path = ROOTS[root.model].child_path(dict(fields), names.get)
    if path is None:
        return False
    match await asking.further(path):
        case Missing(vouched=True):
            return True
        case Ok(data):
            # Another has taken its place: out of the job and into it again.
            there = data.get("placement")
            return isinstance(there, Mapping) and str(there.get("id")) != ref.remote_id
    return False


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; nothing for anything else."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

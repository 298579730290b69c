"""What says that a root is gone, and what goes with it."""

from collections.abc import Iterable, Sequence
from typing import Final

from service.core import ids
from service.core.store.records import Known
from service.core.unified.hops import in_order
from service.core.unified.model import Cause, Collection, Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.asking import Asking
from workers.pipelines import orphaned
from workers.witnesses import listed_as_deleted

SAID: Final = frozenset({"candidate_deleted", "candidate_remove", "job_remove"})
"""The webhook and the feed's entries that say so."""


def said(causes: Iterable[Cause]) -> bool:
    """Say whether a webhook or the feed says that the root was deleted."""
    return any(cause.event_type in SAID for cause in causes)


def said_last(causes: Iterable[Cause]) -> bool:
    """Say whether that is the latest of what they say."""
    last = in_order(causes)[-1:]
    return bool(last) and last[0].event_type in SAID


def said_at(causes: Sequence[Cause]) -> str | None:
    """Return when, by the last that says so."""
    return next((c.at for c in reversed(causes) if c.event_type in SAID), None)


async def confirmed(asking: Asking, root: Ref, causes: Sequence[Cause], *, vouched: bool) -> bool:
    """Say whether a root that is not served (404) is gone: a second witness is asked for.

    A webhook or an entry of the feed; the listing of the deleted; else that whole passes through its list
    did not show it, two of them where there is such a listing: then it would have been in that.
    """
    if said(causes) or await listed_as_deleted(asking, root):
        return True
    passes = max((int(c.details.get("absent") or 0) for c in causes), default=0)
    return vouched and passes >= (1 if ROOTS[root.model].deleted_params is None else 2)


async def taken_along(asking: Asking, root: Ref, known: Known) -> Known:
    """Return a root and all that ends with it: what came inside it or belongs to it, and is still its own."""
    c, records = asking.connection.id, asking.ctx.store.records
    owned = (Ref(each.name, root.remote_id) for each in owned_by(root.model))
    members = [ref for owner in owned for ref in await records.children(c, owner)]
    ending = known | await records.load(c, members)
    stages = {ref: snapshot for ref, snapshot in ending.items() if ref.model == "stage"}
    gone = await orphaned(asking, root, stages) if stages else set[Ref]()
    uid = ids.record_id(c, root.model, root.remote_id)
    return {
        ref: snapshot
        for ref, snapshot in ending.items()
        # What moved over to another candidate, when the two were merged, stays.
        if snapshot.fields.get(f"{root.model}_id", uid) == uid
        and (ref not in stages or ref in gone)
    }


def owned_by(model: str) -> list[Collection]:
    """Return the collections that a root of this model has."""
    return [each for each in COLLECTIONS.values() if each.owner == model]

"""After a full read under a narrower scope: forget what is stored and no longer kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from service.core import ids
from service.core.logs import logger
from service.core.store.connections import Connection
from service.core.store.records import Known
from service.core.unified.model import Draft, Ref, Snapshot
from service.core.unified.options import EVERYTHING, Reach, keep, reach
from service.core.unified.registry import MODELS
from workers.context import Context

FIRST = ("job", "application", "candidate")  # a candidate is kept for what it applied to
log = logger("sync")


@dataclass(slots=True)
class Kept:
    """What of a connection is kept, as far as it was gone through."""

    far: Reach
    jobs: dict[str, bool] = field(default_factory=dict)
    candidates: set[str] = field(default_factory=set)  # unified ids of those with an application


async def purge(ctx: Context, connection: Connection) -> int:
    """Forget in silence whatever the connection's options keep out; returns how much that was."""
    if connection.options.scope == EVERYTHING:
        return 0
    c = connection.id
    kept = Kept(reach(connection.options, lambda model, i: ids.record_id(c, model, i)))
    gone = 0
    for model in (*FIRST, *sorted(MODELS.keys() - set(FIRST))):
        async for known in ctx.store.records.pages(c, model):
            out = list(_outside(connection, kept, known))
            await ctx.store.records.forget(c, out)
            gone += len(out)
    if gone:
        log.info("sync.purged", connection_id=c, count=gone)
    return gone


def _outside(connection: Connection, kept: Kept, known: Known) -> Iterable[Ref]:
    for ref, snapshot in known.items():
        if not _stays(connection, kept, ref, snapshot):
            yield ref


def _stays(connection: Connection, kept: Kept, ref: Ref, snapshot: Snapshot) -> bool:
    options, fields = connection.options, snapshot.fields
    draft = Draft(ref.model, ref.remote_id, fields, ref)
    if not options.scope.narrowed:
        return bool(keep(options, [draft]))
    if ref.model not in options.models() | options.bare():
        return False
    if ref.model == "job":
        kept.jobs[str(fields.get("id"))] = within = kept.far.judge(fields)
        return within
    if ref.model == "candidate":
        return fields.get("id") in kept.candidates
    return _belongs(kept, ref, snapshot)


def _belongs(kept: Kept, ref: Ref, snapshot: Snapshot) -> bool:
    job, person = snapshot.fields.get("job_id"), snapshot.fields.get("candidate_id")
    inside = job is None or kept.jobs.get(str(job), False)
    if ref.model == "application":
        if inside and isinstance(person, str):
            kept.candidates.add(person)
        return inside
    return inside and (person is None or person in kept.candidates)

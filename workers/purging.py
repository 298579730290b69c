"""After a full read under a narrower scope: forget what is stored and no longer kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from service.core import ids
from service.core.logs import logger
from service.core.store.connections import Connection
from service.core.store.records import Known
from service.core.unified.model import Draft, Fields, Ref, Snapshot
from service.core.unified.options import EVERYTHING, Options, Reach, keep, reach
from service.core.unified.registry import MODELS
from workers.context import Context

FIRST = ("job", "application", "candidate")  # a candidate is kept for what it applied to
CREATED = ("application", "candidate")
log = logger("sync")


@dataclass(slots=True)
class Kept:
    """What of a connection is kept, as far as it was gone through."""

    far: Reach
    jobs: dict[str, bool] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    """Unified ids of the candidates with an application within the jobs chosen."""
    made: set[str] = field(default_factory=set)
    """The same with an application that was made through us or imported."""
    people: set[str] = field(default_factory=set)  # unified ids of the candidates that stay


async def purge(ctx: Context, connection: Connection) -> int:
    """Forget in silence whatever the connection's options keep out; returns how much that was."""
    scope, c = connection.options.scope, connection.id
    if scope == EVERYTHING:
        return 0
    kept = Kept(reach(connection.options, lambda model, i: ids.record_id(c, model, i)))
    gone = 0
    for model in (*FIRST, *sorted(MODELS.keys() - set(FIRST))):
        async for known in ctx.store.records.pages(c, model):
            if scope.only_created and model in CREATED:
                kept.far = replace(kept.far, made=await ctx.store.made.among(c, known))
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
    if not options.scope.chooses:
        return bool(keep(options, [Draft(ref.model, ref.remote_id, fields, ref)]))
    if ref.model not in options.models() | options.bare():
        return False
    if ref.model == "job":
        narrowed = options.scope.narrowed
        kept.jobs[str(fields.get("id"))] = within = not narrowed or kept.far.judge(fields)
        return within
    if ref.model == "candidate":
        return _person_stays(options, kept, ref, fields)
    return _belongs(options, kept, ref, fields)


def _person_stays(options: Options, kept: Kept, ref: Ref, fields: Fields) -> bool:
    uid = str(fields.get("id"))
    stays = not options.scope.narrowed or uid in kept.placed
    stays = stays and (uid in kept.made or kept.far.was_made(*ref))
    if stays:
        kept.people.add(uid)
    return stays


def _belongs(options: Options, kept: Kept, ref: Ref, fields: Fields) -> bool:
    job, person = fields.get("job_id"), fields.get("candidate_id")
    inside = job is None or not options.scope.narrowed or kept.jobs.get(str(job), False)
    if ref.model != "application":
        return inside and (person is None or person in kept.people)
    made = kept.far.was_made(*ref)
    kept.placed |= {str(person)} if inside else set()
    kept.made |= {str(person)} if made else set()
    return inside and made

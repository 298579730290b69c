"""Tell ahead of time that a candidate's consent ends: once for each end and number of days.

Which consents end when is kept in order around every commit, so that a look costs what is about to end and
not what there is. A consent that is renewed or withdrawn moves, and so does what is told of it.
"""

from service.core import ids, times
from service.core.events import envelope
from service.core.logs import logger
from service.core.store.connections import ACTIVE, Connection
from service.core.store.memory import Rung
from service.core.store.records import Expiring, subject_key
from service.core.store.suppression import PERSON
from service.core.unified.model import Cause, Change, Ref, Snapshot
from service.core.unified.registry import MODELS
from workers.context import Context

TYPE = "candidate.consent_expiring"
LOOK = 1000
MOST = 500
"""How many are told of at a look; after a first read there may be thousands."""
log = logger("consents")


async def consents(ctx: Context) -> None:
    """Look at every connection; what is not told of now is at the next look."""
    if await ctx.ladder.rung() >= Rung.INGRESS_REFUSES:
        return
    for connection in await ctx.store.connections.all():
        days = connection.options.consent_expiring_days
        if connection.status == ACTIVE and days and connection.options.tells(PERSON):
            await _of(ctx, connection)


async def _of(ctx: Context, connection: Connection) -> None:
    days, looked, told = connection.options.consent_expiring_days, 0, 0
    while told < MOST:
        count, ending = await ctx.store.records.ending(connection.id, looked, LOOK, days)
        for each in ending:
            told += await _tell(ctx, connection, each)
        looked += count
        if count < LOOK:
            break
    if told:
        log.info("consents.told", connection_id=connection.id, count=told)
        ctx.on_events()


async def _tell(ctx: Context, connection: Connection, each: Expiring) -> bool:
    c, ref = connection.id, Ref(PERSON, each.remote_id)
    known = (await ctx.store.records.load(c, [ref])).get(ref)
    if known is None or known.deleted:
        return False
    event_id, body = _event(c, ref, known)
    lane = subject_key(c, ref)
    return await ctx.store.records.warn(c, each, known, event_id, body, lane)


def _event(c: str, ref: Ref, known: Snapshot) -> tuple[str, bytes]:
    fields, uid = known.fields, ids.record_id(c, *ref)
    record = {name: fields[name] for name in MODELS[PERSON].fields if name in fields}
    change = Change(PERSON, ref.remote_id, TYPE, record, (), (Cause(origin="schedule"),), None, ref)
    return envelope(c, known.sequence + 1, change, times.now_ms(), uid, uid)

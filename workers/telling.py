"""Who is told of an erasure, in which event, and who has taken it."""

from service.core import ids, times
from service.core.events import envelope
from service.core.logs import logger
from service.core.store.erasures import Erasure, Telling
from service.core.store.records import subject_key
from service.core.store.subscribers import Subscriber
from service.core.store.suppression import PERSON
from service.core.store.traces import TOLD_OF, Found, Kept, Traces
from service.core.unified.model import Cause, Change, Ref
from workers.context import Context

ACKNOWLEDGED_MS = 60_000
log = logger("erasure")


async def tell(ctx: Context, one: Erasure, traces: Traces, found: Found) -> bool:
    """Append the event, once; False when the candidate moved meanwhile. One nobody knew is not told of."""
    who = Ref(PERSON, one.remote_id or "")
    known = found.records.get(who)
    if known is None and not found.events:
        return True
    left = (await ctx.store.records.left_off(one.c, [who])).get(who)
    sequence = 1 + max(each.sequence if each else 0 for each in (known, left))
    event_id, body = _event(one.c, who, sequence)
    (body,) = await ctx.store.records.adoption.said(one.c, [body])
    version = known.version if known else 0
    telling = Telling(version, sequence, event_id, body, subject_key(one.c, who))
    holders = await _holders(ctx, one.c, traces, found)
    receivers = [s for s in holders if s.wanted.wants(one.c, TOLD_OF)]
    if not one.event_id:  # what was sent to whom may be forgotten by now
        await ctx.store.erasures.untold(one.id, [s.id for s in holders if s not in receivers])
    # Kombo's format has neither ids nor a delivery of each event: nobody knows what was read then.
    gathers = [s.id for s in receivers if s.wanted.format == "kombo"]
    listed = [s.id for s in receivers if s.wanted.format != "kombo"]
    if not await ctx.store.erasures.tell(one, telling, listed, gathers):
        return False
    log.info("record.changed", connection_id=one.c, type=TOLD_OF, model=PERSON)
    ctx.on_events()
    return True


async def acknowledged(ctx: Context, one: Erasure) -> int | None:
    """Note who has taken the event since; returns in how many ms to look again, None: no more."""
    waits = one.waits
    if not waits or times.now_ms() - one.finished > ctx.settings.retention_s * 1000:
        return None
    names = await ctx.store.deliveries.of_event(one.event_id)
    owners = {ids.subscriber_tag(s): s for s in waits}
    for delivery in await ctx.store.deliveries.load(names, owners):
        if delivery is not None and delivery.s in waits and (at := delivery.taken_at):
            await ctx.store.erasures.acknowledged(one.id, delivery.s, at)
    return ACKNOWLEDGED_MS


def _event(c: str, who: Ref, sequence: int) -> tuple[str, bytes]:
    uid = ids.record_id(c, *who)
    record = {"id": uid, "remote_id": who.remote_id}
    causes = (Cause(origin="erasure"),)
    change = Change(PERSON, who.remote_id, TOLD_OF, record, (), causes, None, who)
    return envelope(c, sequence, change, times.now_ms(), uid, uid)


async def _holders(ctx: Context, c: str, traces: Traces, found: Found) -> list[Subscriber]:
    """Return the subscribers who got the person, or may have before the retention."""
    got = {kept.delivery.s async for kept in traces.deliveries(found.events) if _sent(kept)}
    oldest = await ctx.store.log.ago(ctx.settings.retention_s)

    def may_have(s: Subscriber) -> bool:
        before = found.older and s.created < oldest
        gathers = s.wanted.format == "kombo"
        return s.id in got or ((before or gathers) and s.wanted.wants(c, TOLD_OF))

    everybody = await ctx.store.subscribers.all()
    return [s for s in everybody if may_have(s)]


def _sent(kept: Kept) -> bool:
    """Say whether a subscriber may have read a delivery, whatever it answered."""
    return kept.delivery.status == "delivered" or kept.delivery.n > 0 or kept.left

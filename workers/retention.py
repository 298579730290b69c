"""What is past its time goes, and whoever had not got it yet is counted and told; never silence."""

from service.core.logs import logger
from service.core.store.memory import Rung
from service.core.store.subscribers import Subscriber
from workers.context import Context

CHUNK = 500
EARLY = 500
log = logger("retention")


async def trim(ctx: Context) -> None:
    """Trim every log to the retention; a subscriber that stood before its new end is moved and told."""
    oldest = await ctx.store.log.ago(ctx.settings.retention_s)
    connections = await ctx.store.pipe.call("ZRANGE", "conns", 0, -1)
    for c in (raw.decode() for raw in connections):
        first = await ctx.store.log.oldest(c, "0-0", 1)
        if first and _ms(first[0].position) < oldest:
            for subscriber in await ctx.store.subscribers.all():
                await _missed(ctx, c, subscriber, oldest)
            await ctx.store.log.trim(c, oldest)


async def _missed(ctx: Context, c: str, subscriber: Subscriber, oldest: int) -> None:
    """Count what a subscriber wanted and can no longer get, say so, and move it on."""
    start = await ctx.store.log.position(subscriber.id, c)
    count, end = 0, start
    while page := await ctx.store.log.oldest(c, end, CHUNK):
        gone = [entry for entry in page if _ms(entry.position) < oldest]
        count += sum(subscriber.wanted.wants(c, entry.type) for entry in gone)
        end = gone[-1].position if gone else end
        if len(gone) < len(page):
            break
    if end == start:
        return
    if count:
        log.warning("subscriber.missed", subscriber_id=subscriber.id, connection_id=c, count=count)
        data = {"subscriber_id": subscriber.id, "connection_id": c, "count": count}
        # Told before it is moved and under an id of its own: a death in between tells it once.
        await ctx.store.records.announce(c, "subscriber.missed", data, subscriber.id, start, end)
    await ctx.store.pipe.run("skip", subscriber.id, c, start, end)


async def drop_early(ctx: Context) -> None:
    """Over 85 % of memory: drop the bodies that every subscriber has, oldest first, and say so."""
    if await ctx.ladder.rung() < Rung.BODIES_GO_EARLY:
        return
    connections = await ctx.store.pipe.call("ZRANGE", "conns", 0, -1)
    for c in (raw.decode() for raw in connections):
        dropped = await _drop(ctx, c)
        if dropped:
            await ctx.store.pipe.call("HINCRBY", "stat", "bodies_dropped_early", dropped)
            log.warning("retention.bodies_dropped_early", connection_id=c, count=dropped)


async def _drop(ctx: Context, c: str) -> int:
    """Drop the bodies of one connection that nobody waits for; returns how many."""
    passed = await _all_passed(ctx, c)
    begun = await ctx.store.pipe.call("GET", f"early:{c}")
    dropped = 0
    last = begun.decode() if begun else "0-0"
    for entry in await ctx.store.log.oldest(c, last, EARLY):
        if _key(entry.position) > passed or not await _received(ctx, entry.event_id):
            break
        dropped += int(await ctx.store.pipe.call("UNLINK", f"ev:{entry.event_id}"))
        last = entry.position
    await ctx.store.pipe.call("SET", f"early:{c}", last, "EX", ctx.settings.retention_s)
    return dropped


async def _all_passed(ctx: Context, c: str) -> tuple[int, int]:
    """Return the position that every subscriber has passed, as (ms, number)."""
    places = [await ctx.store.log.position(s, c) for s in await ctx.store.subscribers.ids()]
    return min((_key(place) for place in places), default=(2**63, 0))


async def _received(ctx: Context, event_id: str) -> bool:
    """Say whether every delivery of an event was settled as delivered."""
    for delivery_id in await ctx.store.deliveries.of_event(event_id):
        settled = await ctx.store.deliveries.get(delivery_id, None)
        if settled is None or settled.status != "delivered":
            return False
    return True


def _ms(position: str) -> int:
    return int(position.partition("-")[0])


def _key(position: str) -> tuple[int, int]:
    ms, _, number = position.partition("-")
    return int(ms), int(number or 0)

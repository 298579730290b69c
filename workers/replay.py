"""A replay's line: open what it names, batch by batch, in lanes of its own."""

import asyncio

import orjson

from service.core import ids, times
from service.core.logs import logger
from service.core.store.deliveries import Delivery
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.records import subject_key
from service.core.store.replays import Item
from service.core.unified.model import Ref
from workers.context import Context
from workers.drain import LEASE_MS

BATCH = 50
FULL_WAITS_MS = 5000
log = logger("replay")


async def serve_replay(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Open the next items until none are left or the replay stands still; resumable at any point."""
    replays = ctx.store.replays
    while not ctx.stopping.is_set() and await ctx.store.claims.renew("rpl", lease, LEASE_MS):
        if await ctx.ladder.rung() >= Rung.READING_WAITS:
            return FULL_WAITS_MS
        length, items = await replays.items(lease.id, BATCH)
        if not items:
            break
        found = [await _delivery(ctx, lease.id, item) for item in items]
        deliveries = [d for d in found if d is not None]
        skipped = [item for item, d in zip(items, found, strict=True) if d is None]
        if not await replays.open(lease.id, length, deliveries, skipped):
            break
        ctx.on_events()
    log.info("replay.worked", replay_id=lease.id)
    return await replays.release(lease)


async def _delivery(ctx: Context, replay_id: str, item: Item) -> Delivery | None:
    """Return the new delivery of an old event, or None when it cannot be sent any more."""
    body = await ctx.store.log.body(item.event_id)
    subscriber = await ctx.store.subscribers.get(item.subscriber_id)
    if body is None or subscriber is None:
        return None
    event = orjson.loads(body)
    subject = event["data"].get("subject")
    about = Ref(subject["model"], subject["remote_id"]) if subject else Ref("connection", "")
    return Delivery(
        id=ids.delivery_id(item.event_id, item.subscriber_id, replay_id),
        e=item.event_id,
        s=item.subscriber_id,
        c=event["connection_id"],
        t=event["type"],
        # A lane of its own: a replay never holds up live traffic, and keeps its own order.
        lane=f"{replay_id}:{subject_key(event['connection_id'], about)}",
        f=subscriber.wanted.format,
        at=times.now_ms(),
        replay=replay_id,
        dlt=item.dead_letter_id or None,
    )

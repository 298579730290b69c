"""A replay's line: select what it asks for, chunk by chunk, and open that in lanes of its own."""

import asyncio
from collections.abc import Sequence
from time import monotonic

import orjson

from service.core import ids, times
from service.core.delivery.rendering import render_id
from service.core.logs import logger
from service.core.replaying import selection
from service.core.replaying.query import Query
from service.core.replaying.reviving import revive
from service.core.replaying.selection import Selection
from service.core.store.deliveries import Delivery
from service.core.store.inbox import Lease
from service.core.store.memory import Rung
from service.core.store.records import subject_key
from service.core.store.replays import Bounds, Item, Replay
from service.core.store.subscribers import Subscriber
from service.core.unified.model import Ref
from workers.backfill import Backfilling
from workers.context import Context
from workers.drain import LEASE_MS

BATCH = 100
SELECTED_AHEAD = 4
MOST_DUE, MOST_OPEN = 2000, 20_000
"""Of a subscriber's replays: beyond that a replay waits, and what it has selected costs a row each."""
MOST_SELECTED = 250_000  # rows that wait to be opened: beyond that the selection waits
BUDGET_S = 2.0  # then it is another replay's turn
FULL_WAITS_MS = 5000
SELECTING_WAITS_MS = 1000
log = logger("replay")


async def serve_replay(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Go on with a replay until there is nothing to do for now; resumable at any point."""
    replay = await ctx.store.replays.get(lease.id)
    wait_ms = 0
    if replay is not None and replay.status == "running":
        wait_ms = await _Work(ctx, replay).run(lease)
        log.debug("replay.worked", replay_id=lease.id, wait_ms=wait_ms)
    return await ctx.store.replays.release(lease, wait_ms)


class _Work:
    """One replay while it is served."""

    def __init__(self, ctx: Context, replay: Replay) -> None:
        self._ctx = ctx
        self._store = ctx.store
        self._r = replay.id
        self._selecting: Replay | None = replay if replay.selecting else None
        self._selection: Selection | None = None
        self._subscribers: dict[str, Subscriber | None] = {}
        self._backfilling = Backfilling(ctx, replay) if replay.kind == "backfill" else None

    async def run(self, lease: Lease) -> int:
        """Select and open in turn; returns after how many ms to look again."""
        until = monotonic() + BUDGET_S
        while monotonic() < until and not self._ctx.stopping.is_set():
            if not await self._store.claims.renew("rpl", lease, LEASE_MS):
                return 0
            if await self._ctx.ladder.rung() >= Rung.READING_WAITS:
                return FULL_WAITS_MS
            selected = await self._select()
            for _ in range(SELECTED_AHEAD):  # so that it is soon known how many there are
                if not selected or self._selecting is None:
                    break
                await self._select()
            wait_ms = await self._open()
            if wait_ms is not None and not selected:
                return wait_ms
        return 0

    async def _select(self) -> bool:
        """Select one chunk; False when there is none, or none now."""
        before = self._selecting
        if before is None or before.selected - before.done - before.failed > MOST_SELECTED:
            return False
        if self._selection is None:
            query = await self._store.replays.query(self._r)
            self._selection = await selection.opened(
                self._store, Query.model_validate_json(query or b'{"source": "events"}')
            )
        self._selecting = await selection.go_on(self._store, self._selection, before)
        return self._selecting is None or self._selecting.cursor != before.cursor

    async def _open(self) -> int | None:
        """Open the next; returns None if any were, else for how many ms there are none."""
        opened = self._backfilling.open if self._backfilling else self._open_items
        wait_ms = await opened()
        if wait_ms == 0 and self._selecting is not None:
            return SELECTING_WAITS_MS
        return wait_ms

    async def _open_items(self) -> int | None:
        replays = self._store.replays
        some = await replays.next(self._r, BATCH, Bounds(MOST_DUE, MOST_OPEN))
        if not some.running or not some.rows:
            return some.wait_ms
        items = [Item(*row) for row in some.rows]
        revived = [item for item in items if not item.event_id and await self._revived(item)]
        bodies = await self._bodies(items)
        made = [await self._delivery(item, bodies.get(item.event_id)) for item in items]
        deliveries = [d for d in made if d is not None]
        left = [item for item, d in zip(items, made, strict=True) if d is None]
        skipped = [item for item in left if item not in revived]
        if not await replays.open(self._r, some.length, deliveries, skipped, revived):
            return 0
        self._ctx.on_events()
        return None

    async def _revived(self, item: Item) -> bool:
        """Put an inbound dead letter back into the inbox; True also when it left the list meanwhile."""
        dead = await self._store.dead_letters.get(item.dead_letter_id)
        reason = await revive(self._store, dead) if dead else None
        if reason:
            log.info("replay.not_revived", dead_letter_id=item.dead_letter_id, reason=reason)
        return reason is None

    async def _bodies(self, items: Sequence[Item]) -> dict[str, bytes]:
        names = list({item.event_id for item in items if item.event_id})
        bodies = await self._store.log.bodies(names)
        return {e: body for e, body in zip(names, bodies, strict=True) if body is not None}

    async def _delivery(self, item: Item, body: bytes | None) -> Delivery | None:
        """Return the new delivery of an old event, or None when it cannot be sent any more."""
        subscriber = await self._subscriber(item.subscriber_id) if body is not None else None
        if body is None or subscriber is None:
            return None
        return _delivery(self._r, item, body, subscriber)

    async def _subscriber(self, s: str) -> Subscriber | None:
        if s not in self._subscribers:
            self._subscribers[s] = await self._store.subscribers.get(s)
        return self._subscribers[s]


def _delivery(replay_id: str, item: Item, body: bytes, subscriber: Subscriber) -> Delivery:
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
        f=render_id(subscriber.wanted, subscriber.id),
        at=times.now_ms(),
        replay=replay_id,
        dlt=item.dead_letter_id or None,
    )

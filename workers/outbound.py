"""A subscriber's line: read on in the log, filter, open deliveries, send in lane order, settle."""

import asyncio
import contextlib
from collections.abc import Sequence
from time import monotonic

from service.core import times
from service.core.store.deliveries import Limits, Opening, Settle, Step, Terms
from service.core.store.inbox import Lease
from service.core.store.subscribers import Subscriber
from workers.attempting import Attempts
from workers.choosing import Chosen, chosen, fetch_bodies
from workers.context import Context
from workers.drain import LEASE_MS
from workers.retention import expired, miss
from workers.sending import STALE_S, InHand

RENEW_S = 2.0
RELOAD_S = 2.0
WINDOW = 500
READ = 100
FLIGHT_MARGIN_S = 1.0 + STALE_S


async def serve_subscriber(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Work a subscriber's line until nothing is due; what is in flight is always settled."""
    known = ctx.known.of(lease.id)
    subscriber = known or await ctx.known.read(ctx.store, lease.id)
    if subscriber is None:
        await ctx.store.pipe.call("ZREM", "ready:out", lease.id)
        await ctx.store.pipe.call("HDEL", "lease:out", lease.id)
        return None
    line = _Line(ctx, subscriber, lease, news, fresh=known is None)
    try:
        return await line.run()
    finally:
        await line.hand.cancel()


class _Line:
    """One subscriber while it is served."""

    def __init__(
        self,
        ctx: Context,
        subscriber: Subscriber,
        lease: Lease,
        news: asyncio.Event,
        *,
        fresh: bool,
    ) -> None:
        self._ctx = ctx
        self._subscriber = subscriber
        self._lease = lease
        self._news = news
        self._steps = 0
        self._free = 0
        self._rest_until = 0.0
        self._fresh_until = monotonic() + RELOAD_S if fresh else 0.0
        timeout = ctx.settings.delivery_timeout
        self._limits = Limits(LEASE_MS, int((timeout + FLIGHT_MARGIN_S) * 1000), WINDOW, READ)
        self._attempts = Attempts(ctx, lambda: self._subscriber)
        self.hand = InHand(
            ctx.slots, self._attempts.make, news, cap=subscriber.wanted.concurrency,
            proven=subscriber.ok_at > 0 and subscriber.streak == 0,
        )  # fmt: skip

    async def run(self) -> int | None:
        """Step, send, wait, until the store says that there is nothing to do."""
        what, stopped = Chosen(), False
        while True:
            self._news.clear()
            settles = self.hand.collect(all_back=stopped or self._ctx.stopping.is_set())
            asked_at = monotonic()
            step = await self._look(what.openings, settles)
            stopped = step.state == "stopped"
            if step.state == "released" or (stopped and not self.hand.busy):
                return step.next_due
            what = await chosen(self._ctx, self._subscriber, step.reads, step.now)
            if what.rest_ms is not None:
                self._rest_until = monotonic() + what.rest_ms / 1000
            await self._past(step)
            self.hand.troubled = step.troubled
            self.hand.take(step.going, self._free, asked_at, self._limits.flight_ms / 1000)
            if not what.openings and not (stopped and self.hand.queued):
                await self._wait(step)

    async def _look(self, openings: Sequence[Opening], settles: Sequence[Settle]) -> Step:
        """Step; what else is to be read leaves in the same write to Redis."""
        stale = monotonic() > self._fresh_until
        if not openings and not stale:
            return await self._step(openings, settles)
        step, _, _ = await asyncio.gather(
            self._step(openings, settles),
            fetch_bodies(self._ctx, openings),
            self._reload() if stale else asyncio.sleep(0),
        )
        return step

    async def _reload(self) -> None:
        """See changed settings and secrets, however busy the line is."""
        self._fresh_until = monotonic() + RELOAD_S
        found = await self._ctx.known.read(self._ctx.store, self._lease.id)
        self._subscriber = found or self._subscriber
        self.hand.cap = self._subscriber.wanted.concurrency

    async def _step(self, openings: Sequence[Opening], settles: Sequence[Settle]) -> Step:
        self._steps += 1
        ending, wanted, rest = self._ctx.stopping.is_set(), self._subscriber.wanted, self._rest_ms()
        limits = self._limits._replace(read=0) if ending else self._limits
        # A rate counts what leaves: what waits in hand would leave later than it was counted.
        ahead = 0 if ending or wanted.rate else self.hand.ahead()
        terms = Terms(
            self._steps, ahead, self.hand.retries, self.hand.cap, wanted.rate,
            times.iso(times.now_ms()), rest, self.hand.tell(),
        )  # fmt: skip
        self._free = 0 if ending else self.hand.free()
        return await self._ctx.store.deliveries.step(
            self._lease, limits, self._free, len(self.hand), openings, settles, terms
        )

    def _rest_ms(self) -> int:
        return max(0, int((self._rest_until - monotonic()) * 1000))

    async def _past(self, step: Step) -> None:
        """Count what was read too late and tell of it; its openings then come to nothing."""
        oldest = step.now - self._ctx.settings.retention_s * 1000
        for read in step.reads:
            if expired(read.entries[0], oldest):
                await miss(self._ctx, read.connection_id, self._subscriber, oldest)

    async def _wait(self, step: Step) -> None:
        """Wait for an answer, news, a due attempt or the lease's renewal."""
        timeout = min(RENEW_S, self.hand.patience())
        if step.next_due is not None and not self.hand.full:
            timeout = min(timeout, max(0.0, (step.next_due - step.now) / 1000) + 0.001)
        if rest := self._rest_ms():
            timeout = min(timeout, rest / 1000 + 0.001)
        slots = self._ctx.slots.freed
        slots.clear()
        # An answer sets `news` too, so that one future is enough, unless others hold all the slots.
        slot = asyncio.create_task(_pass_on(slots, self._news)) if self.hand.starved else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()
        if slot is not None:
            slot.cancel()
        self.hand.look()
        self.hand.send()


async def _pass_on(slots: asyncio.Event, news: asyncio.Event) -> None:
    await slots.wait()
    news.set()

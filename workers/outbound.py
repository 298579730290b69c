"""A subscriber's line: read on in the log, filter, open deliveries, send in lane order, settle."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from time import monotonic

from service.core import signing, times
from service.core.events import content_type, render
from service.core.logs import logger
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import (
    Attempt,
    Delivery,
    Limits,
    Opening,
    Read,
    Settle,
    Step,
    opened,
)
from service.core.store.inbox import Lease
from service.core.store.subscribers import Subscriber
from workers.context import Context
from workers.drain import LEASE_MS
from workers.retention import expired, miss
from workers.retry import Dead, Delivered, Pause, RetryAt, next_step
from workers.send import Outcome, post
from workers.slots import SLOW_AFTER_S, Slot

RENEW_S = 1.0
RELOAD_S = 2.0
WINDOW = 500
READ = 100
FLIGHT_MARGIN_S = 1.0
BODY_GONE = "its body is gone: erased, or older than the retention"
log = logger("outbound")


async def serve_subscriber(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Work a subscriber's line until nothing is due; what is in flight is always settled."""
    subscriber = await ctx.store.subscribers.get(lease.id)
    if subscriber is None:
        await ctx.store.pipe.call("ZREM", "ready:out", lease.id)
        await ctx.store.pipe.call("HDEL", "lease:out", lease.id)
        return None
    line = _Line(ctx, subscriber, lease)
    try:
        return await line.run(news)
    finally:
        await line.cancel()


class _Line:
    """One subscriber while it is served."""

    def __init__(self, ctx: Context, subscriber: Subscriber, lease: Lease) -> None:
        self._ctx = ctx
        self._subscriber = subscriber
        self._lease = lease
        self._flying: dict[asyncio.Task[Settle | None], float] = {}
        self._proven = subscriber.ok_at > 0 and subscriber.streak == 0
        self._slow = False
        self._fresh_until = monotonic() + RELOAD_S
        timeout = ctx.settings.delivery_timeout
        self._limits = Limits(LEASE_MS, int((timeout + FLIGHT_MARGIN_S) * 1000), WINDOW, READ)

    async def run(self, news: asyncio.Event) -> int | None:
        """Step, send, wait, until the store says that there is nothing to do."""
        openings: list[Opening] = []
        settles: list[Settle] = []
        while True:
            news.clear()
            await self._reload()
            asked_at = monotonic()
            step = await self._step(openings, settles)
            if step.state == "released" or (step.state == "stopped" and not self._flying):
                return step.next_due
            openings = [self._opening(read, step.now) for read in step.reads]
            await self._past(step)
            await self._fetch_bodies(openings)
            for delivery in step.going:
                self._send(delivery, news, asked_at)
            settles = [] if openings else await self._wait(step, news)

    async def _reload(self) -> None:
        """See changed settings and secrets, however busy the line is."""
        if monotonic() > self._fresh_until:
            self._fresh_until = monotonic() + RELOAD_S
            found = await self._ctx.store.subscribers.get(self._lease.id)
            self._subscriber = found or self._subscriber

    async def cancel(self) -> None:
        """Stop what is in flight: the lease is gone, or so is the process."""
        for task in self._flying:
            task.cancel()
        if self._flying:
            await asyncio.wait(self._flying)

    async def _step(self, openings: Sequence[Opening], settles: Sequence[Settle]) -> Step:
        ending = self._ctx.stopping.is_set()
        cap = self._subscriber.wanted.concurrency if self._proven else 1
        free = min(cap - len(self._flying), self._ctx.slots.free(slow=self._on_probation()))
        limits = self._limits._replace(read=0) if ending else self._limits
        free = 0 if ending else max(0, free)
        return await self._ctx.store.deliveries.step(
            self._lease, limits, free, len(self._flying), openings, settles
        )

    async def _past(self, step: Step) -> None:
        """Count what was read too late and tell of it; its openings then come to nothing."""
        oldest = step.now - self._ctx.settings.retention_s * 1000
        for read in step.reads:
            if expired(read.entries[0], oldest):
                await miss(self._ctx, read.connection_id, self._subscriber, oldest)

    def _on_probation(self) -> bool:
        return not self._proven or self._slow

    def _opening(self, read: Read, now: int) -> Opening:
        wanted = self._subscriber.wanted
        deliveries = [
            opened(self._subscriber.id, read.connection_id, entry, now, wanted.format)
            for entry in read.entries
            if wanted.wants(read.connection_id, entry.type)
        ]
        return Opening(read.connection_id, read.start, read.entries[-1].position, deliveries)

    async def _fetch_bodies(self, openings: Sequence[Opening]) -> None:
        """Get the bodies of what is opened in one command, since nearly all is sent at once."""
        if self._subscriber.wanted.format != "hirewire":
            return
        events = [d.e for o in openings for d in o.deliveries]
        wanted = [e for e in events if self._ctx.bodies.get((e, "hirewire")) is None]
        if wanted:
            for event, body in zip(wanted, await self._ctx.store.log.bodies(wanted), strict=True):
                if body is not None:
                    self._ctx.bodies.put((event, "hirewire"), body)

    async def _wait(self, step: Step, news: asyncio.Event) -> list[Settle]:
        """Wait for an answer, news, a due attempt or the lease's renewal; return what is done."""
        timeout = RENEW_S
        if step.next_due is not None and not self._full():
            timeout = min(timeout, max(0.0, (step.next_due - step.now) / 1000) + 0.001)
        slots = self._ctx.slots.freed
        slots.clear()
        # An answer sets `news` too, so that one future is enough, unless others hold all the slots.
        slot = asyncio.create_task(_pass_on(slots, news)) if self._starved() else None
        if not any(task.done() for task in self._flying):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await news.wait()
        if slot is not None:
            slot.cancel()
        done = [task for task in self._flying if task.done()]
        for task in done:
            del self._flying[task]
        return [settle for task in done if (settle := task.result()) is not None]

    def _full(self) -> bool:
        cap = self._subscriber.wanted.concurrency if self._proven else 1
        return len(self._flying) >= cap or self._starved()

    def _starved(self) -> bool:
        return self._ctx.slots.free(slow=self._on_probation()) == 0

    def _send(self, delivery: Delivery, news: asyncio.Event, asked_at: float) -> None:
        slot = self._ctx.slots.take(slow=self._on_probation())
        task = asyncio.create_task(self._attempt(delivery, slot, asked_at))
        task.add_done_callback(lambda _: news.set())
        self._flying[task] = monotonic()

    async def _attempt(self, delivery: Delivery, slot: Slot, asked_at: float) -> Settle | None:
        """Make one attempt and decide what it comes to; None when it is too late to make it."""
        timer = asyncio.get_running_loop().call_later(SLOW_AFTER_S, self._is_slow, slot)
        try:
            return await self._attempted(delivery, asked_at + self._limits.flight_ms / 1000)
        finally:
            timer.cancel()
            slot.give_back()

    def _is_slow(self, slot: Slot) -> None:
        self._slow = True
        slot.demote()

    async def _attempted(self, delivery: Delivery, until: float) -> Settle | None:
        body = await self._body(delivery)
        if body is None:
            log.warning("delivery.erased", delivery_id=delivery.id, subscriber_id=delivery.s)
            gone = delivery.model_copy(
                update={"status": "erased", "n": delivery.n + 1, "reason": BODY_GONE}
            )
            return Settle(gone, "erased")
        # A flight that begins late ends in time all the same: after it, another worker may be at it.
        left = until - monotonic()
        if left <= 0:
            log.warning("delivery.late", delivery_id=delivery.id, subscriber_id=delivery.s)
            return None
        at = times.now_ms()
        outcome = await post(
            self._ctx.subscribers,
            self._subscriber.wanted.url,
            body,
            self._headers(delivery, body, at),
            timeout_s=min(self._ctx.settings.delivery_timeout, left),
            allowed=self._ctx.settings.networks,
        )
        return self._settle(delivery, outcome, at)

    def _headers(self, delivery: Delivery, body: bytes, at: int) -> dict[str, str]:
        headers = dict(self._subscriber.wanted.headers)
        headers["content-type"] = content_type(delivery.f)
        live = self._subscriber.live_secrets(at)
        headers |= signing.delivery_headers(delivery.e, at // 1000, body, live)
        if delivery.replay:
            headers["hirewire-replay"] = delivery.replay
        return headers

    def _settle(self, delivery: Delivery, outcome: Outcome, at: int) -> Settle:
        tried = _tried(delivery, outcome, at)
        schedule = self._subscriber.wanted.retry_schedule or self._ctx.settings.retry_schedule
        now = times.now_ms()
        step = next_step(outcome, tried.n, schedule, random.random(), now)  # noqa: S311 - jitter
        self._proven = isinstance(step, Delivered)
        if self._proven:
            self._slow = outcome.duration_ms > SLOW_AFTER_S * 1000
        log.info(
            "delivery.attempted", delivery_id=delivery.id, subscriber_id=delivery.s, event_id=delivery.e,
            type=delivery.t, attempt=tried.n, status_code=outcome.status, error=outcome.error,
            duration_ms=outcome.duration_ms, next=type(step).__name__,
        )  # fmt: skip
        match step:
            case Delivered():
                return Settle(tried.model_copy(update={"status": "delivered"}), "ok")
            case RetryAt(ms):
                return Settle(tried, "retry", max(0, ms - now))
            case Pause(_, ms):
                return Settle(tried, "pause", max(0, ms - now))
            case Dead(reason):
                dead = tried.model_copy(update={"status": "dead", "reason": reason})
                return Settle(dead, "dead", 0, of_delivery(dead, reason, now))

    async def _body(self, delivery: Delivery) -> bytes | None:
        """Return the bytes of every attempt: rendered once, at first need, then kept while open."""
        form = delivery.f
        if (kept := self._ctx.bodies.get((delivery.e, form))) is not None:
            return kept
        body = await self._rendered(delivery, form)
        if body is not None:
            self._ctx.bodies.put((delivery.e, form), body)
        return body

    async def _rendered(self, delivery: Delivery, form: str) -> bytes | None:
        log_ = self._ctx.store.log
        body = await log_.body(delivery.e)
        if body is None or form == "hirewire":
            return body
        if (kept := await log_.rendered(delivery.e, form)) is not None:
            return kept
        life = self._ctx.settings.retention_s
        return await log_.keep_rendered(delivery.e, form, render(body, form), life)


async def _pass_on(slots: asyncio.Event, news: asyncio.Event) -> None:
    await slots.wait()
    news.set()


def _tried(delivery: Delivery, outcome: Outcome, at: int) -> Delivery:
    attempt = Attempt(
        number=delivery.n + 1,
        at=at,
        status_code=outcome.status,
        error=outcome.error,
        duration_ms=outcome.duration_ms,
        response_excerpt=outcome.excerpt,
    )
    return delivery.model_copy(update={"n": delivery.n + 1, "log": (*delivery.log, attempt)})

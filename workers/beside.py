"""What goes on beside the inbox: the feed's poll, sweeps, full reads; a step at a time, live work first."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from service.core import times
from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import Unauthorized
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from workers.asking import Done, Failed, Outcome
from workers.audit import audit
from workers.context import Context
from workers.drain import LEASE_MS
from workers.poll import Poll
from workers.reconcile import Reconcile
from workers.sweeps import Sweep, intervals
from workers.sync import Sync
from workers.tokens import PROBE_FIRST_MS, unauthorized

RENEW_S = 1.5
LEAST_WAIT_S = 1.0
CRASHED_S = 60.0
AUDIT_FIRST_S = 3600.0
POLL, SYNC, RECONCILE, AUDIT = "poll", "sync", "reconcile", "audit"
LENGTHY = (SYNC, RECONCILE)
log = logger("beside")


class Beside:
    """The chores of one connection while its inbox is served."""

    def __init__(self, ctx: Context, connection: Connection, lease: Lease) -> None:
        self._ctx = ctx
        self._connection = connection
        self._lease = lease
        self._sync = Sync(ctx, connection, lease)
        self._due: dict[str, int] = {}  # chore -> when, in ms
        self._watch: dict[str, str] = {}
        self._doing = ""
        self.reading: asyncio.Task[Outcome] | None = None

    @property
    def again_ms(self) -> int:
        """In how many ms there is more to do."""
        if not self._due:
            due, _ = self._ctx.chores.get(self._lease.id, (0, 0))
            return max(0, due - times.now_ms())
        return max(0, min(self._due.values()) - times.now_ms())

    async def go_on(self, may_start: bool) -> bool:
        """Take in what was done and start the next step; False when the connection has to stop."""
        if self.reading is not None and self.reading.done():
            done, self.reading = self.reading, None
            if not await self._ended(done):
                return False
        if self.reading is not None and self._ctx.stopping.is_set():
            await (
                self.stop()
            )  # every page is kept before the next is read: another goes on from here
        elif self.reading is None and may_start and not self._ctx.stopping.is_set():
            await self._start()
        return True

    async def stop(self) -> None:
        """Leave what is being done; it is done again."""
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.wait({self.reading})
            self.reading = None

    async def _start(self) -> None:
        now, c = times.now_ms(), self._lease.id
        if not self._due:
            idle_until, looked_up = self._ctx.chores.get(c, (0, 0))
            if self._sync.over and idle_until > now and self._connection.asked < looked_up:
                return  # known to be idle: not even looked up
            await self._look_up()
        due = {name: at for name, at in self._due.items() if at <= now}
        if not due:
            self._ctx.chores[c] = (min(self._due.values()), now)
            return
        # What is read at length comes after what is due by the clock.
        self._doing = min(due, key=lambda name: (name in LENGTHY, due[name]))
        self.reading = asyncio.create_task(self._step(self._doing))

    async def _look_up(self) -> None:
        self._watch = await self._ctx.store.watching.get(self._lease.id)
        began = self._connection.baseline_done
        fed = self._watch.get("served", "1") == "1"
        settings = self._ctx.settings
        every = {
            POLL: settings.poll_interval,
            RECONCILE: settings.reconcile_interval,
            AUDIT: AUDIT_FIRST_S,
            **intervals(fed=fed),
        }
        for name, seconds in every.items():
            self._due[name] = int(self._watch.get(f"due:{name}", began + int(seconds * 1000)))
        if not self._sync.over:
            self._due[SYNC] = 0
            self._due.pop(RECONCILE)  # a full read first: what it finds is not to be found again
        elif self._watch.get("reconciling") or self._watch.get("reconcile") == "1":
            self._due[RECONCILE] = 0

    def _step(self, name: str) -> Coroutine[Any, Any, Outcome]:
        if name == SYNC:
            return self._sync.step()
        if name == POLL:
            return self._polled()
        if name == RECONCILE:
            return self._reconciled()
        if name == AUDIT:
            return self._audited()
        return self._swept(name)

    async def _polled(self) -> Outcome:
        poll = Poll(self._ctx, self._connection, self._lease, self._watch)
        outcome = await poll.step()
        if isinstance(outcome, Done):
            await self._next(POLL, poll.next_in_s())
        return outcome

    async def _swept(self, name: str) -> Outcome:
        sweep = Sweep(self._ctx, self._connection, self._lease, name, self._watch)
        outcome = await sweep.step()
        if isinstance(outcome, Done):
            fed = self._watch.get("served", "1") == "1"
            await self._next(name, intervals(fed=fed).get(name, CRASHED_S))
        return outcome

    async def _reconciled(self) -> Outcome:
        reconciliations, c = self._ctx.store.reconciliations, self._lease.id
        if self._watch.get("reconcile") == "1":
            await self._ctx.store.watching.note(c, reconcile=0)
        one = await reconciliations.begin(c)
        if one.status == "held":
            await self._next(RECONCILE, self._ctx.settings.reconcile_interval)
            return Done(0)
        outcome = await Reconcile(self._ctx, self._connection, self._lease, one).step()
        if one.status != "running":
            await self._next(RECONCILE, self._ctx.settings.reconcile_interval)
        return outcome

    async def _audited(self) -> Outcome:
        await self._next(AUDIT, await audit(self._ctx, self._connection, self._watch))
        return Done(0)

    async def _next(self, name: str, in_s: float) -> None:
        at = times.now_ms() + int(in_s * 1000)
        await self._ctx.store.watching.note(self._lease.id, **{f"due:{name}": at})
        self._due.clear()  # looked up anew: what was noted may change what comes next

    async def _ended(self, done: "asyncio.Task[Outcome]") -> bool:
        name = self._doing
        try:
            outcome = done.result()
        except (Fenced, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a fault in reading must not hold up the inbox
            log.error(
                "beside.crashed", connection_id=self._lease.id, chore=name, error=where(error)
            )
            self._put_off(name, CRASHED_S)
            return True
        match outcome:
            case Unauthorized(reason):
                await unauthorized(self._ctx, self._connection, reason, self._lease)
                return False
            case Failed(reason, after_s):
                log.warning("beside.waits", connection_id=self._lease.id, chore=name, reason=reason)
                self._put_off(name, max(LEAST_WAIT_S, after_s or 0))
            case Done():
                if name == SYNC and self._sync.over:
                    self._due.pop(SYNC, None)
            case _:
                self._put_off(name, CRASHED_S)
        return True

    def _put_off(self, name: str, seconds: float) -> None:
        self._due[name] = times.now_ms() + int(seconds * 1000)


async def baseline(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """Take the baseline under the lease, renewing it; the inbox waits until it is done."""
    await _feed_head(ctx, connection, lease)
    sync = Sync(ctx, connection, lease)
    while sync.first:
        outcome = await _renewing(ctx, lease, asyncio.create_task(sync.step()))
        match outcome:
            case None:
                # Every page is kept before the next is read: another worker goes on from here.
                return await ctx.store.inbox.release(lease, look_again=False, delay_ms=0)
            case Unauthorized(reason):
                await unauthorized(ctx, connection, reason, lease)
                return await ctx.store.inbox.release(
                    lease, look_again=False, delay_ms=PROBE_FIRST_MS
                )
            case Failed(reason, after_s):
                delay = int(max(LEAST_WAIT_S, after_s or 0) * 1000)
                log.warning("baseline.waits", connection_id=lease.id, reason=reason, delay_ms=delay)
                return await ctx.store.inbox.release(lease, look_again=False, delay_ms=delay)
    return await ctx.store.inbox.release(lease, look_again=True, delay_ms=0)


async def _feed_head(ctx: Context, connection: Connection, lease: Lease) -> None:
    """Note where the feed stands before anything is read: what comes after it is polled."""
    watch = await ctx.store.watching.get(connection.id)
    if "cursor" not in watch and "served" not in watch:
        poll = Poll(ctx, connection, lease, watch)
        await _renewing(ctx, lease, asyncio.create_task(poll.step()))


async def _renewing(ctx: Context, lease: Lease, task: "asyncio.Task[Outcome]") -> Outcome | None:
    """Return what a step comes to, or None when the process is to end."""
    ending = asyncio.create_task(ctx.stopping.wait())
    try:
        while not task.done():
            await asyncio.wait({task, ending}, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not task.done():
                return None
            if not task.done() and not await ctx.store.claims.renew("in", lease, LEASE_MS):
                raise Fenced(lease.id)
        return task.result()
    finally:
        ending.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})

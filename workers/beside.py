"""A full read beside the inbox: one step at a time, whenever nothing of the inbox is under way."""

import asyncio
import contextlib
from time import monotonic

from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import Unauthorized
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from workers.asking import Failed, Outcome
from workers.context import Context
from workers.drain import LEASE_MS
from workers.sync import Sync
from workers.tokens import PROBE_FIRST_MS, unauthorized

RENEW_S = 1.5
LEAST_WAIT_S = 1.0
CRASHED_S = 60.0
log = logger("sync")


class Beside:
    """The reading of one connection while its inbox is served."""

    def __init__(self, ctx: Context, connection: Connection, lease: Lease) -> None:
        self._ctx = ctx
        self._connection = connection
        self._lease = lease
        self._sync = Sync(ctx, connection, lease)
        self._not_before = 0.0
        self.reading: asyncio.Task[Outcome] | None = None

    @property
    def again_ms(self) -> int | None:
        """In how many ms there is more to read; None: there is not."""
        if self._sync.over:
            return None
        return max(0, int((self._not_before - monotonic()) * 1000))

    async def go_on(self, may_start: bool) -> bool:
        """Take in what was read and start the next step; False when the connection has to stop."""
        if self.reading is not None and self.reading.done():
            done, self.reading = self.reading, None
            if not await self._read(done):
                return False
        ready = not self._sync.over and monotonic() >= self._not_before
        if self.reading is None and may_start and ready and not self._ctx.stopping.is_set():
            self.reading = asyncio.create_task(self._sync.step())
        elif self.reading is not None and self._ctx.stopping.is_set():
            await (
                self.stop()
            )  # every page is kept before the next is read: another goes on from here
        return True

    async def stop(self) -> None:
        """Leave what is being read; it is read again."""
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.wait({self.reading})
            self.reading = None

    async def _read(self, done: "asyncio.Task[Outcome]") -> bool:
        try:
            outcome = done.result()
        except (Fenced, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a fault in reading must not hold up the inbox
            log.error("sync.crashed", connection_id=self._lease.id, error=where(error))
            self._not_before = monotonic() + CRASHED_S
            return True
        match outcome:
            case Unauthorized(reason):
                await unauthorized(self._ctx, self._connection, reason, self._lease)
                return False
            case Failed(reason, after_s):
                wait_s = max(LEAST_WAIT_S, after_s or 0)
                log.warning("sync.waits", connection_id=self._lease.id, reason=reason)
                self._not_before = monotonic() + wait_s
        return True


async def baseline(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """Take the baseline under the lease, renewing it; the inbox waits until it is done."""
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

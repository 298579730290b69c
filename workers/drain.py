"""A drain: claims what is due on one kind of line and serves each claim as a task of its own.

The bell only wakes it. Whatever is due and not leased is found by the next look, at the latest when
the nearest entry is due, so that a bell that was lost costs seconds and never work.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.store.inbox import Claims, Lease

LEASE_MS = 5000
LOOK_AGAIN_S = 5.0
CLAIMED_WITHIN_S = 1.0
log = logger("drain")

Serve = Callable[[Lease, asyncio.Event], Awaitable[int | None]]
"""Serves one lease until it is handed back; returns the ms until its line is to be looked at again."""


class Drain:
    """Serves up to `width` leases at once until told to stop."""

    def __init__(self, which: str, claims: Claims, serve: Serve, width: int = 64) -> None:
        self.which = which
        self._claims = claims
        self._serve = serve
        self._width = width
        self._bell = asyncio.Event()
        self._stopping = False
        self._over = asyncio.Event()
        self._over.set()  # not running yet
        self._tasks: dict[asyncio.Task[None], asyncio.Event] = {}

    def wake(self) -> None:
        """There is work: look now. Lines that are being served look again too."""
        self._bell.set()
        for news in self._tasks.values():
            news.set()

    async def run(self) -> None:
        """Claim and serve until `stop`; never ends for what Redis does."""
        pause = 0.05
        self._over.clear()
        while not self._stopping:
            self._bell.clear()
            try:
                wait = await self._look()
                pause = 0.05
            except StoreUnavailable as error:
                log.warning("drain.store_unavailable", line=self.which, reason=str(error))
                wait = pause = min(pause * 2, 1.0)
            if wait > 0 and not self._stopping:
                await self._wait(wait)
        self._over.set()

    async def stop(self, within_s: float) -> None:
        """Claim nothing more, let what is served end within the deadline, then cancel it."""
        self._stopping = True
        self._bell.set()
        # A claim that is under way is answered first: what it took is handed back like the rest.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLAIMED_WITHIN_S):
                await self._over.wait()
        for news in self._tasks.values():
            news.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _look(self) -> float:
        free = self._width - len(self._tasks)
        if free <= 0:
            return LOOK_AGAIN_S
        claimed = await self._claims.claim(self.which, min(free, 16), LEASE_MS)
        for lease in claimed.leases:
            self._start(lease)
        if claimed.leases:
            return 0
        if claimed.next_in_ms is None:
            return LOOK_AGAIN_S
        return min(LOOK_AGAIN_S, claimed.next_in_ms / 1000 + 0.001)

    async def _wait(self, seconds: float) -> None:
        bell = asyncio.ensure_future(self._bell.wait())
        full = len(self._tasks) >= self._width
        await asyncio.wait(
            {bell, *(self._tasks if full else ())},
            timeout=seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        bell.cancel()

    def _start(self, lease: Lease) -> None:
        news = asyncio.Event()
        task = asyncio.get_running_loop().create_task(self._served(lease, news))
        self._tasks[task] = news
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task, None)
        if len(self._tasks) == self._width - 1:
            self._bell.set()

    async def _served(self, lease: Lease, news: asyncio.Event) -> None:
        try:
            again_ms = await self._serve(lease, news)
            if again_ms is not None and again_ms < LOOK_AGAIN_S * 1000:
                # Else the look that is waited for now, which did not know of it, would come late.
                asyncio.get_running_loop().call_later((again_ms + 1) / 1000, self._bell.set)
        except Fenced:
            log.info("drain.fenced", line=self.which, id=lease.id)
        except StoreUnavailable as error:
            # The lease runs out by itself; whoever claims next redoes what was not committed.
            log.warning("drain.store_unavailable", line=self.which, id=lease.id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - one line's fault must not end the others
            log.error("drain.crashed", line=self.which, id=lease.id, error=where(error))

"""What goes on beside the inbox: the feed's poll, sweeps, full reads; a step at a time, live work first."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from service.core import times
from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import Unauthorized
from service.core.recruitee.intervals import sweeps
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from workers.asking import Done, Failed, Outcome
from workers.audit import FIRST_S, audit
from workers.context import Context
from workers.poll import Poll
from workers.reconcile import Reconcile
from workers.silence import listen
from workers.sweeps import Sweep
from workers.sync import Sync
from workers.tokens import unauthorized

LEAST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
SOON_S = 60.0  # no longer than this do those wait that people wait for
CRASHED_S = 60.0
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
        self._asked = connection.asked
        self._doing = ""
        self.reading: asyncio.Task[Outcome] | None = None

    @property
    def again_ms(self) -> int:
        """In how many ms there is more to do."""
        if not self._due:
            due, _ = self._ctx.chores.get(self._lease.id, (0, 0))
            return max(0, due - times.now_ms())
        return max(0, min(self._due.values()) - times.now_ms())

    def asked(self, at: int) -> None:
        """Look up anew what is due when somebody asked for something since it was looked up, in ms."""
        if at > self._asked:
            self._asked = at
            self._due.clear()

    async def go_on(self, may_start: bool) -> bool:
        """Take in what was done and start the next step; False when the connection has to stop."""
        if self.reading is not None and self.reading.done():
            done, self.reading = self.reading, None
            if not await self._ended(done):
                return False
        stopping = self._ctx.stopping.is_set()
        if self.reading is not None and stopping:
            # Every page is kept before the next is read: another worker goes on from here.
            await self.stop()
        elif self.reading is None and may_start and not stopping:
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
            if self._sync.over and idle_until > now and self._asked < looked_up:
                return  # known to be idle: not even looked up
            await self._look_up()
        due = {name: at for name, at in self._due.items() if at <= now}
        if not due:
            self._ctx.chores[c] = (min(self._due.values()), now)
            return
        # What is read at length comes after what is due by the clock.
        self._doing = min(due, key=lambda name: (name in LENGTHY, due[name]))
        self.reading = asyncio.create_task(self._step(self._doing))

    @property
    def _every(self) -> dict[str, float]:
        """How often each chore is done, in seconds."""
        settings = self._ctx.settings
        fed = self._watch.get("served", "1") == "1"
        return {POLL: settings.poll_interval, AUDIT: FIRST_S,
                RECONCILE: settings.reconcile_interval, **sweeps(fed=fed)}  # fmt: skip

    async def _look_up(self) -> None:
        self._watch = watch = await self._ctx.store.watching.get(self._lease.id)
        began, now = self._connection.baseline_done, times.now_ms()
        for name, seconds in self._every.items():
            every = int(seconds * 1000)
            due = int(watch.get(f"due:{name}", began + every))
            # One that takes turns more often than when it was put off (the feed went) comes earlier.
            self._due[name] = due if name in (POLL, AUDIT) else min(due, now + every)
        if not self._sync.over:
            self._due[SYNC] = 0
            del self._due[RECONCILE]  # a full read first: what it finds is not to be found again
        elif watch.get("reconciling") or watch.get("reconcile") == "1":
            self._due[RECONCILE] = 0
        for name in self._due:
            self._due[name] = max(self._due[name], int(watch.get(f"retry:{name}", 0)))

    def _step(self, name: str) -> Coroutine[Any, Any, Outcome]:
        chores: dict[str, Callable[[], Coroutine[Any, Any, Outcome]]] = {
            SYNC: self._read, POLL: self._polled, RECONCILE: self._reconciled, AUDIT: self._audited
        }  # fmt: skip
        return chores[name]() if name in chores else self._swept(name)

    async def _read(self) -> Outcome:
        outcome = await self._sync.step()
        if isinstance(outcome, Done) and self._watch.get(f"fails:{SYNC}"):
            await self._next(SYNC, 0)
        return outcome

    async def _polled(self) -> Outcome:
        poll = Poll(self._ctx, self._connection, self._lease, self._watch)
        outcome = await poll.step()
        if isinstance(outcome, Done):
            await listen(self._ctx, self._connection, self._watch)
            await self._next(POLL, poll.next_in_s())
        return outcome

    async def _swept(self, name: str) -> Outcome:
        sweep = Sweep(self._ctx, self._connection, self._lease, name, self._watch)
        outcome = await sweep.step()
        if isinstance(outcome, Done):
            await self._next(name, 0 if sweep.more else self._every.get(name, CRASHED_S))
        return outcome

    async def _reconciled(self) -> Outcome:
        one = await self._ctx.store.reconciliations.begin(self._lease.id)
        if one is None:
            raise Fenced(self._lease.id)
        if self._watch.get("reconcile") == "1":
            await self._ctx.store.watching.note(self._lease.id, reconcile=0)
            self._watch["reconcile"] = "0"
        work = Reconcile(self._ctx, self._connection, self._lease, one, self._watch)
        outcome = await work.step()
        if work.over:
            await self._next(RECONCILE, self._ctx.settings.reconcile_interval)
        elif isinstance(outcome, Done) and self._watch.get(f"fails:{RECONCILE}"):
            await self._next(RECONCILE, 0)
        return outcome

    async def _audited(self) -> Outcome:
        await self._next(AUDIT, await audit(self._ctx, self._connection, self._watch))
        return Done(0)

    async def _next(self, name: str, in_s: float) -> None:
        """Note when a chore that went well is due again."""
        at = times.now_ms() + int(in_s * 1000)
        await self._ctx.store.watching.done(self._lease.id, name, at)
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
            await self._put_off(name, CRASHED_S)
            return True
        match outcome:
            case Unauthorized(reason):
                await unauthorized(self._ctx, self._connection, reason, self._lease)
                return False
            case Failed(reason, after_s):
                log.warning("beside.waits", connection_id=self._lease.id, chore=name, reason=reason)
                await self._put_off(name, after_s or 0)
            case Done():
                if name == SYNC and self._sync.over:
                    self._due.pop(SYNC, None)
            case _:
                await self._put_off(name, CRASHED_S)
        return True

    async def _put_off(self, name: str, least_s: float) -> None:
        """Try a chore that failed ever more rarely; whoever serves the connection next keeps to it."""
        fails = int(self._watch.get(f"fails:{name}", 0)) + 1
        longest = SOON_S if name in (POLL, SYNC) else LONGEST_WAIT_S
        wait_s = max(least_s, min(LEAST_WAIT_S * 2 ** min(fails - 1, 20), longest))
        at = times.now_ms() + int(wait_s * 1000)
        await self._ctx.store.watching.failed(self._lease.id, name, fails, at)
        self._due.clear()

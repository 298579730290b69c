"""The inbox line: one connection under a lease; its entries grouped by root, each root fetched once."""

import asyncio
from collections import defaultdict
from time import monotonic

from service.core import times
from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import MAX_IN_FLIGHT
from service.core.store.actions import ROOT as ACTION
from service.core.store.connections import ACTIVE, BASELINING, UNAUTHORIZED, Connection
from service.core.store.inbox import Lease, Pulled
from service.core.store.memory import Rung
from service.core.unified.model import Ref
from service.core.unified.registry import COLLECTIONS, ROOTS
from workers.actions.carry_out import Turns, carry_out
from workers.asking import Done, Lost, Outcome
from workers.baseline import baseline
from workers.beside import Beside
from workers.collect import collect
from workers.context import Context
from workers.drain import LEASE_MS
from workers.refetch import refetch
from workers.settling import (
    BATCH,
    LAG_DELAYS_MS,
    UNREADABLE,
    Asked,
    Settling,
    causes_of,
    root_named,
)
from workers.tokens import probe

RENEW_S = 1.5
BUDGET_S = 10.0
FULL_WAITS_MS = 2000
DIED_ALONE, DIED_LOST = 3, 20
log = logger("inbound")


async def serve_inbox(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Work a connection's inbox off, for as long as its status and our budget allow.

    Returns when to look again, in ms.
    """
    connection = await ctx.store.connections.get(lease.id)
    if connection is None or connection.disabled:
        return await ctx.store.inbox.release(lease, look_again=False)
    if await ctx.ladder.rung() >= Rung.ONLY_DELIVERY:
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=FULL_WAITS_MS)
    if connection.status == UNAUTHORIZED:
        return await probe(ctx, connection, lease)
    if connection.status == BASELINING:
        return await baseline(ctx, connection, lease)
    line = _Line(ctx, connection, lease)
    try:
        return await line.run(news)
    finally:
        await line.cancel()


class _Line:
    """One connection while it is served."""

    def __init__(self, ctx: Context, connection: Connection, lease: Lease) -> None:
        self._ctx = ctx
        self._connection = connection
        self._lease = lease
        self._after = "0-0"
        self._settling = Settling(ctx, connection, lease)
        self._beside = Beside(ctx, connection, lease)
        self._died: dict[str, int] = {}
        self._tried_alone = False
        self._pending: dict[str, Asked] = {}
        self._running: dict[asyncio.Task[bool], str] = {}
        self._turns: Turns = defaultdict(asyncio.Lock)
        self._undeclared: set[str] = set()  # actions of which is not known yet whom they are about
        self._until = monotonic() + BUDGET_S
        self._renew_at = 0.0

    async def run(self, news: asyncio.Event) -> int | None:
        """Pull, start, wait, until nothing is left or the budget is spent."""
        going = await self._pull()
        while going or self._running:
            self._start(going)
            going &= await self._beside.go_on(
                going and not self._running and monotonic() < self._until
            )
            if not self._running and not self._beside.reading:
                break
            done = await self._wait(news)
            for task in done:
                del self._running[task]
                going &= task.result()
            # By the clock, not only when nothing ends: the pull is what renews the lease.
            if not done or not self._pending or news.is_set() or monotonic() > self._renew_at:
                news.clear()
                going &= await self._pull()
        return await self._ctx.store.inbox.release(
            self._lease, look_again=True, delay_ms=self._beside.again_ms if going else None
        )

    async def _wait(self, news: asyncio.Event) -> "set[asyncio.Task[bool]]":
        """Wait until a refetch is done or the lease is to be renewed; beside a reading, for news too."""
        waits: set[asyncio.Task[bool]] = set(self._running)
        bell = None
        if (reading := self._beside.reading) is not None:
            bell = asyncio.ensure_future(news.wait())
            await asyncio.wait(
                {*waits, reading, bell}, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED
            )
            bell.cancel()
            return {task for task in waits if task.done()}
        done, _ = await asyncio.wait(waits, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED)
        return done

    async def cancel(self) -> None:
        """Stop what still runs: the lease is gone, or so is the process."""
        await self._beside.stop()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _pull(self) -> bool:
        self._renew_at = monotonic() + RENEW_S
        pulled = await self._ctx.store.inbox.pull(self._lease, self._after, BATCH, LEASE_MS)
        self._settling.ahead_ms = times.now_ms() - pulled.now
        self._take(pulled)
        self._settling.parked_in_all = pulled.parked_in_all
        self._died |= pulled.died
        self._beside.asked(pulled.asked)
        return pulled.status == ACTIVE

    def _take(self, pulled: Pulled) -> None:
        for position, raw in pulled.entries:
            self._after = position
            asked = self._asked(root_named(position, raw))
            asked.acks.append(position)
            asked.entries.append(raw)
        for root, parked in pulled.parked.items():
            if root not in self._running.values():
                asked = self._asked(root)
                if asked.parked is None:
                    self._pending[root] = Asked(asked.acks, parked.entries + asked.entries, parked)

    def _asked(self, root: str) -> Asked:
        return self._pending.setdefault(root, Asked([], [], None))

    def _start(self, going: bool) -> None:
        if not going or self._ctx.stopping.is_set():
            self._pending.clear()
        if monotonic() > self._until:
            # What is left waits for the next lease, but for one that had to wait for all others.
            self._pending = dict(self._suspects()[:1]) if not self._tried_alone else {}
        # Somebody waits for an action. Those that workers died of come last: were one to die again, the
        # others are done.
        for root in sorted(self._pending, key=lambda r: (self._suspect(r), not _is_action(r))):
            if len(self._running) >= MAX_IN_FLIGHT:
                return
            # A root in flight is fetched once more when it is done: what came meanwhile is newer.
            if root not in self._running.values() and self._may_run(root):
                asked = self._pending.pop(root)
                self._tried_alone |= self._suspect(root)
                if _is_action(root):
                    self._undeclared.add(root)
                task = asyncio.create_task(self._work(root, asked))
                self._running[task] = root

    def _may_run(self, root: str) -> bool:
        """Say whether a root may start: one that workers died of runs alone.

        While an action makes a candidate nobody is read: it could be them, told of as somebody else's.
        """
        if self._undeclared and not _is_action(root):
            return False
        alone = any(self._suspect(other) for other in self._running.values())
        waiting = any(not self._suspect(other) for other in self._pending)
        return not alone and not (self._suspect(root) and (self._running or waiting))

    def _suspects(self) -> list[tuple[str, Asked]]:
        return [(root, asked) for root, asked in self._pending.items() if self._suspect(root)]

    def _suspect(self, root: str) -> bool:
        return self._died.get(root, 0) >= DIED_ALONE

    async def _work(self, root: str, asked: Asked) -> bool:
        """Refetch one root; returns False when the whole connection has to stop."""
        try:
            if asked.parked is None and self._settling.parked_in_all:
                # What waits for another try is part of this one, due or not.
                waiting = await self._ctx.store.inbox.parked(self._lease.id, root)
                asked = asked._replace(
                    entries=(waiting.entries if waiting else []) + asked.entries, parked=waiting
                )
            if self._died.get(root, 0) >= DIED_LOST:
                outcome: Outcome = Lost(f"{DIED_LOST} workers died while they worked on it")
            elif root.startswith(UNREADABLE):
                outcome = Lost("the inbox entry cannot be read")
            else:
                outcome = await self._refetch(root, asked)
        except (Fenced, StoreUnavailable, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever escapes must not hold its entry for ever
            log.error(
                "refetch.crashed", connection_id=self._lease.id, root=root, error=where(error)
            )
            outcome = Lost(f"a fault of ours: {where(error)}")
        finally:
            self._undeclared.discard(root)
        ended = await self._settling.settle(root, asked, outcome)
        self._died.pop(root, None)
        return ended

    async def _refetch(self, root: str, asked: Asked) -> Outcome:
        model, _, remote_id = root.partition(":")
        if model == ACTION:
            return await carry_out(
                self._ctx, self._connection, self._lease, remote_id, asked.acks, root,
                lambda: self._undeclared.discard(root), self._turns,
            )  # fmt: skip
        ref = await self._root_of(Ref(model, remote_id))
        if ref is None:
            return await self._nothing(root, asked)
        causes = causes_of(asked.entries)
        if (ours := self._ctx.expected.get((self._lease.id, root))) is not None:
            causes.append(ours)
        if ref.model in COLLECTIONS:
            return await collect(
                self._ctx, self._connection, ref, causes, self._lease, asked.acks, root
            )
        patient = asked.lags < len(LAG_DELAYS_MS)
        return await refetch(
            self._ctx, self._connection, ref, causes, self._lease, asked.acks, root, patient=patient
        )

    async def _root_of(self, ref: Ref) -> Ref | None:
        if ref.model in ROOTS or ref.model in COLLECTIONS:
            return ref
        # An unknown webhook may name a placement only: its candidate is what can be fetched.
        known = await self._ctx.store.records.load(self._lease.id, [ref])
        uid = known[ref].fields.get("candidate_id") if ref in known else None
        if not isinstance(uid, str):
            return None
        remote = await self._ctx.store.records.remote_id(self._lease.id, "candidate", uid)
        return Ref("candidate", remote) if remote else None

    async def _nothing(self, root: str, asked: Asked) -> Outcome:
        await self._ctx.store.records.commit(
            self._lease.id, 0, [], [], lease=self._lease, acks=asked.acks, parked=root
        )
        return Done(0)


def _is_action(root: str) -> bool:
    return root.startswith(f"{ACTION}:")

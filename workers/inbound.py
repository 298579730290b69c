"""The inbox line: one connection under a lease; its entries grouped by root, each root fetched once."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from service.core import ids, times
from service.core.errors import Fenced, StoreUnavailable
from service.core.logs import logger, where
from service.core.recruitee.client import MAX_IN_FLIGHT, Ok, Unauthorized
from service.core.recruitee.webhook import parse_entry
from service.core.store.connections import ACTIVE, BASELINING, UNAUTHORIZED, Connection
from service.core.store.dead_letters import DeadLetter
from service.core.store.inbox import Lease, Parked, Pulled
from service.core.store.memory import Rung
from service.core.unified.model import Cause, Ref
from service.core.unified.registry import ROOTS
from workers.asking import Again, Done, Failed, Lost, Outcome, company
from workers.baseline import baseline
from workers.context import Context
from workers.drain import LEASE_MS
from workers.refetch import refetch

BATCH = 200
RENEW_S = 1.5
BUDGET_S = 10.0
FULL_WAITS_MS = 2000
DIED_ALONE, DIED_LOST = 3, 20
GIVE_UP_MS = 72 * 3600 * 1000
FIRST_DELAY_MS, LAST_DELAY_MS = 1000, 1_800_000
LAG_DELAYS_MS = (1000, 5000, 30_000)
PROBE_FIRST_MS, PROBE_LAST_MS = 5000, 300_000
UNREADABLE = "unreadable"  # not a model
log = logger("inbound")


class Asked(NamedTuple):
    """What waits for one root: the stream ids to acknowledge, the entries, and its failures so far."""

    acks: list[str]
    entries: list[bytes]
    parked: Parked | None


async def serve_inbox(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Work a connection's inbox off, for as long as its status and our budget allow.

    Returns when to look again, in ms.
    """
    connection = await ctx.store.connections.get(lease.id)
    if connection is None:
        return await ctx.store.inbox.release(lease, look_again=False)
    if await ctx.ladder.rung() >= Rung.ONLY_DELIVERY:
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=FULL_WAITS_MS)
    if connection.status == UNAUTHORIZED:
        return await _probe(ctx, connection, lease)
    if connection.status == BASELINING:
        return await _baseline(ctx, connection, lease)
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
        self._parked_in_all = 0
        self._died: dict[str, int] = {}
        self._tried_alone = False
        self._ahead_ms = 0
        self._pending: dict[str, Asked] = {}
        self._running: dict[asyncio.Task[bool], str] = {}
        self._until = monotonic() + BUDGET_S
        self._renew_at = 0.0

    async def run(self, news: asyncio.Event) -> int | None:
        """Pull, start, wait, until nothing is left or the budget is spent."""
        going = await self._pull()
        while going or self._running:
            self._start(going)
            if not self._running:
                break
            done, _ = await asyncio.wait(
                self._running, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                del self._running[task]
                going &= task.result()
            # By the clock, not only when nothing ends: the pull is what renews the lease.
            if not done or not self._pending or news.is_set() or monotonic() > self._renew_at:
                news.clear()
                going &= await self._pull()
        return await self._ctx.store.inbox.release(self._lease, look_again=True)

    async def cancel(self) -> None:
        """Stop what still runs: the lease is gone, or so is the process."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _pull(self) -> bool:
        self._renew_at = monotonic() + RENEW_S
        pulled = await self._ctx.store.inbox.pull(self._lease, self._after, BATCH, LEASE_MS)
        self._ahead_ms = times.now_ms() - pulled.now
        self._take(pulled)
        self._parked_in_all = pulled.parked_in_all
        self._died |= pulled.died
        return pulled.status == ACTIVE

    def _take(self, pulled: Pulled) -> None:
        for position, raw in pulled.entries:
            self._after = position
            asked = self._asked(_root_named(position, raw))
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
        # Those that workers died of come last: were one to die again, the others are done.
        for root in sorted(self._pending, key=self._suspect):
            if len(self._running) >= MAX_IN_FLIGHT:
                return
            # A root in flight is fetched once more when it is done: what came meanwhile is newer.
            if root not in self._running.values() and self._may_run(root):
                asked = self._pending.pop(root)
                self._tried_alone |= self._suspect(root)
                task = asyncio.create_task(self._work(root, asked))
                self._running[task] = root

    def _may_run(self, root: str) -> bool:
        """Say whether a root may start: one that workers died of runs alone."""
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
            if asked.parked is None and self._parked_in_all:
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
        ended = await self._settle(root, asked, outcome)
        self._died.pop(root, None)
        return ended

    async def _refetch(self, root: str, asked: Asked) -> Outcome:
        model, _, remote_id = root.partition(":")
        ref = await self._root_of(Ref(model, remote_id))
        if ref is None:
            return await self._nothing(root, asked)
        causes = _causes(asked.entries)
        lags = asked.parked.tries if asked.parked and asked.parked.reason == "lagging" else 0
        patient = lags < len(LAG_DELAYS_MS)
        return await refetch(
            self._ctx, self._connection, ref, causes, self._lease, asked.acks, root, patient=patient
        )

    async def _root_of(self, ref: Ref) -> Ref | None:
        if ref.model in ROOTS:
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

    async def _settle(self, root: str, asked: Asked, outcome: Outcome) -> bool:
        match outcome:
            case Done():
                return True
            case Unauthorized(reason):
                await _unauthorized(self._ctx, self._connection, reason, self._lease)
                await self._ctx.store.inbox.not_begun(self._lease.id, root)
                return False
            case Again():
                await self._park(root, asked, "lagging", _lag_delay(asked.parked))
            case Failed(reason, after_s):
                await self._fail(root, asked, reason, after_s)
            case Lost(reason):
                await self._bury(root, asked, reason)
        return True

    def _now(self) -> int:
        """Return Redis' time in ms: 72 hours are the same for every worker."""
        return times.now_ms() - self._ahead_ms

    async def _fail(self, root: str, asked: Asked, reason: str, after_s: float | None) -> None:
        since = asked.parked.since if asked.parked else self._now()
        if self._now() - since > GIVE_UP_MS:
            return await self._bury(root, asked, f"gave up after 72 h: {reason}")
        tries = asked.parked.tries if asked.parked and asked.parked.reason != "lagging" else 0
        delay = min(FIRST_DELAY_MS * 2**tries, LAST_DELAY_MS)
        await self._park(root, asked, reason, max(delay, int((after_s or 0) * 1000)))

    async def _park(self, root: str, asked: Asked, reason: str, delay_ms: int) -> None:
        before = asked.parked
        lagging = reason == "lagging"
        same = before is not None and (before.reason == "lagging") == lagging
        tries = before.tries + 1 if before and same else 1
        since = before.since if before else self._now()
        parked = Parked(tries, since, reason, asked.entries[-BATCH:])
        log.info(
            "refetch.parked", connection_id=self._lease.id, root=root, reason=reason, tries=tries,
            delay_ms=delay_ms,
        )  # fmt: skip
        await self._ctx.store.inbox.park(self._lease, root, parked, delay_ms, asked.acks)
        self._parked_in_all += 1

    async def _bury(self, root: str, asked: Asked, reason: str) -> None:
        dead = DeadLetter(
            id=ids.inbound_dead_letter_id(self._lease.id, root),
            kind="inbound",
            reason=reason,
            failed_at=times.now_ms(),
            connection_id=self._lease.id,
            type=_type(asked.entries[-1]),
            root=root,
            entries=tuple(e.decode("utf-8", "backslashreplace") for e in asked.entries[-BATCH:]),
        )
        log.warning("refetch.dead", connection_id=self._lease.id, root=root, reason=reason)
        buried = (dead.id, dead.model_dump_json().encode(), self._ctx.settings.retention_s)
        await self._ctx.store.inbox.park(self._lease, root, None, 0, asked.acks, buried)


async def _baseline(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """Take the baseline under the same lease, renewing it; the inbox waits until it is done."""
    task = asyncio.create_task(baseline(ctx, connection, lease))
    ending = asyncio.create_task(ctx.stopping.wait())
    try:
        while not task.done():
            await asyncio.wait({task, ending}, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not task.done():
                # Every page is kept before the next is read: another worker goes on from here.
                return await ctx.store.inbox.release(lease, look_again=False, delay_ms=0)
            if not task.done() and not await ctx.store.claims.renew("in", lease, LEASE_MS):
                raise Fenced(lease.id)
        outcome = task.result()
    finally:
        ending.cancel()
        task.cancel()
    match outcome:
        case Unauthorized(reason):
            await _unauthorized(ctx, connection, reason, lease)
            return await ctx.store.inbox.release(lease, look_again=False, delay_ms=PROBE_FIRST_MS)
        case Failed(reason, after_s):
            delay = max(FIRST_DELAY_MS, int((after_s or 0) * 1000))
            log.warning("baseline.waits", connection_id=lease.id, reason=reason, delay_ms=delay)
            return await ctx.store.inbox.release(lease, look_again=False, delay_ms=delay)
        case _:
            return await ctx.store.inbox.release(lease, look_again=True)


async def _unauthorized(ctx: Context, connection: Connection, reason: str, lease: Lease) -> None:
    """Stop the connection and say so; its inbox stays as it is."""
    now = await ctx.store.connections.get(connection.id)
    if now is None or now.api_token != connection.api_token:
        return  # an answer to the old token says nothing of the new one
    log.warning("connection.unauthorized", connection_id=connection.id)
    if not await ctx.store.claims.renew("in", lease, LEASE_MS):
        raise Fenced(lease.id)
    # Said before it is noted, under the number of the stop: said again after a crash, or by another
    # fetch of the same moment, it is the same event.
    stops = connection.stops + 1
    about = {"connection_id": connection.id, "reason": reason}
    await ctx.store.records.announce(connection.id, "connection.unauthorized", about, stops)
    await ctx.store.connections.note(
        connection.id, status=UNAUTHORIZED, reason=reason, stops=stops, probe_ms=PROBE_FIRST_MS,
        probe_at=times.now_ms() + PROBE_FIRST_MS,
    )  # fmt: skip
    ctx.on_events()


async def _probe(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """See whether the token works again; if not, look again ever more rarely."""
    # Every webhook brings the connection here: they must not make it ask more often.
    left = min(connection.probe_at - times.now_ms(), PROBE_LAST_MS)
    if left > 0:
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=left)
    answer = await ctx.recruitee.get(company(connection), "/admin")
    if not isinstance(answer, Ok):
        delay = min(max(connection.probe_ms, PROBE_FIRST_MS) * 2, PROBE_LAST_MS)
        probe_at = times.now_ms() + delay
        await ctx.store.connections.note(connection.id, probe_ms=delay, probe_at=probe_at)
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=delay)
    about = {"connection_id": connection.id}
    await ctx.store.records.announce(connection.id, "connection.restored", about, connection.stops)
    await ctx.store.connections.restore(connection)
    ctx.on_events()
    return await ctx.store.inbox.release(lease, look_again=False, delay_ms=0)


def _root_named(position: str, raw: bytes) -> str:
    """Return the root of an entry; one that cannot be read is a root of its own, to be buried."""
    try:
        return parse_entry(raw)[0]
    except (ValueError, LookupError, TypeError):
        return f"{UNREADABLE}:{position}"


def _causes(entries: Sequence[bytes]) -> list[Cause]:
    return [parse_entry(raw)[1] for raw in entries]


def _type(raw: bytes) -> str:
    try:
        return parse_entry(raw)[1].event_type or ""
    except (ValueError, LookupError, TypeError):
        return ""


def _lag_delay(parked: Parked | None) -> int:
    tries = parked.tries if parked and parked.reason == "lagging" else 0
    return LAG_DELAYS_MS[min(tries, len(LAG_DELAYS_MS) - 1)]

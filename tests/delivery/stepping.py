"""A worker's hand on one subscriber's line, step by step over real Redis; time passes as it is told to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.core.store import keys
from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import (
    Delivery,
    Limits,
    Opening,
    Settle,
    Step,
    Terms,
    Verdict,
    opened,
)
from service.core.store.inbox import Lease
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from tests.ops.conftest import History

LIMITS = Limits(5000, 16_000, 500, 100)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
INSTANTS = (
    "created", "ok_at", "resumed", "bad_from", "brk_at", "brk_until", "probe_until", "pace",
)  # fmt: skip


async def subscribe(store: Store, **wanted: Any) -> Subscriber:
    """Make a subscriber whom nobody serves."""
    made, _ = await store.subscribers.create(
        Wanted(**{"url": "http://127.0.0.1:9/", **wanted}), None
    )
    return made


async def time_passes(store: Store, s: str, ms: int) -> None:
    """Let `ms` pass for a subscriber: what waits has waited as much longer."""
    call = store.pipe.call
    facts: dict[bytes, bytes] = await call("HGETALL", keys.subscriber(s))
    for name in INSTANTS:
        if at := facts.get(name.encode()):
            await call("HSET", keys.subscriber(s), name, int(float(at)) - ms)
    for line in (s, keys.replay_line(s)):
        for key in (keys.due(line), f"first:{line}"):
            rows = await call("ZRANGE", key, 0, -1, "WITHSCORES")
            for member, score in zip(rows[::2], rows[1::2], strict=True):
                await call("ZADD", key, float(score) - ms, member)
        for d, state in (await call("HGETALL", keys.open_deliveries(line))).items():
            old = Delivery.model_validate_json(state)
            earlier = old.model_copy(update={"at": old.at - ms, "ct": max(0, old.ct - ms)})
            await call("HSET", keys.open_deliveries(line), d, earlier.dump())


@dataclass
class Hand:
    """One worker's hold on a line."""

    store: Store
    subscriber: Subscriber
    cap: int = 4
    limits: Limits = LIMITS
    terms: dict[str, Any] = field(default_factory=dict)
    lease: Lease | None = None
    hold: dict[str, Delivery] = field(default_factory=dict)
    _number: int = 0

    @property
    def s(self) -> str:
        return self.subscriber.id

    async def claim(self) -> None:
        """Take the line, whoever has it."""
        await self.store.pipe.run("wake_subscriber", self.s, "", "")
        await self.store.pipe.call("ZADD", "ready:out", 0, self.s)
        claimed = await self.store.claims.claim("out", 100, 60_000)
        (self.lease,) = [lease for lease in claimed.leases if lease.id == self.s]

    async def step(self, *settles: Settle, free: int | None = None) -> Step:
        """Settle, read on and open all there is, and take what may leave."""
        await self.store.claims.claim("out", 0, 1)  # tells of news
        if self.lease is None:
            await self.claim()
        for settle in settles:
            self.hold.pop(settle.delivery.id, None)
        step = await self._one([], settles, free or 0)
        while step.reads:
            step = await self._one(self._openings(step), [], 0)
        if free is None and step.state != "stopped":
            if step.state == "released":
                await self.claim()
            step = await self._one([], [], self.cap - len(self.hold))
        if step.state != "going":
            self.lease = None
        return step

    def _openings(self, step: Step) -> list[Opening]:
        """Open whatever was read."""
        return [
            Opening(
                r.connection_id, r.start, r.entries[-1].position,
                [opened(self.s, r.connection_id, e, step.now) for e in r.entries],
            )
            for r in step.reads
        ]  # fmt: skip

    async def _one(self, openings: Sequence[Opening], settles: Sequence[Settle], free: int) -> Step:
        assert self.lease
        self._number += 1
        retries = sum(d.n > 0 for d in self.hold.values())
        terms = Terms(self._number, 0, retries, self.cap)._replace(**self.terms)
        step = await self.store.deliveries.step(
            self.lease, self.limits, free, len(self.hold), openings, settles, terms
        )
        self.hold |= {d.id: d for d in step.going}
        return step


def came(d: Delivery, verdict: Verdict, wait_ms: int = 0) -> Settle:
    """Return how an attempt ended."""
    tried = d.model_copy(update={"n": d.n + 1})
    dead = of_delivery(tried, "gave up", 1) if verdict == "dead" else None
    return Settle(tried, verdict, wait_ms, dead, took_ms=5)


def ok(d: Delivery) -> Settle:
    """It was taken."""
    return came(d, "ok")


def failed(d: Delivery, wait_ms: int = 5000) -> Settle:
    """It was not, and is tried again."""
    return came(d, "retry", wait_ms)


async def facts(store: Store, s: str) -> defaultdict[str, str]:
    """Return a subscriber's hash; what it does not say is ""."""
    raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", keys.subscriber(s))
    return defaultdict(str, {name.decode(): value.decode() for name, value in raw.items()})


async def line(store: Store, history: History, events: int, cap: int = 4) -> tuple[str, Hand]:
    """Make a log with events of as many subjects, and a hand on a line that is to send them."""
    c = (await history.connection()).id
    hand = Hand(store, await subscribe(store), cap=cap)
    for n in range(events):
        await history.tell(c, "job.updated", str(n))
    return c, hand


async def fail(hand: Hand, times: int) -> None:
    """Have a line fail, one attempt after the other."""
    for _ in range(times):
        if not hand.hold:
            await hand.step()
        await hand.step(failed(next(iter(hand.hold.values()))), free=1)


async def broken(store: Store, history: History, events: int = 30) -> tuple[str, Hand]:
    """Make a line whose breaker is open."""
    c, hand = await line(store, history, events, cap=1)
    await fail(hand, 10)
    hand.cap = 4
    assert (await facts(store, hand.s))["brk"] == "open"
    return c, hand


async def told_of(store: Store, c: str, kind: str) -> list[dict[str, Any]]:
    """Return the data of a connection's events of one type."""
    entries = await store.log.oldest(c, "0-0", 1000)
    bodies = [await store.log.body(e.event_id) for e in entries if e.type == kind]
    return [orjson.loads(body)["data"] for body in bodies if body]

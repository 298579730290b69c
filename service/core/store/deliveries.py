"""Deliveries: a subscriber's line step by step, open ones, settled ones, dead letters."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from enum import Enum
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.errors import Fenced
from service.core.store import keys
from service.core.store.inbox import Lease
from service.core.store.listing import Row, walk
from service.core.store.redis import Arg, Pipe
from service.core.times import iso, now_ms

Verdict = Literal["ok", "retry", "unsent", "dead", "pause", "erased", "missed", "late", "back"]
"""What an attempt came to (`unsent`: it failed on our side); the last four are none: its body is
erased, or gone with the retention, it is too old to be sent, it is handed back untried."""
Status = Literal["open", "delivered", "dead", "erased", "skipped"]


class Attempt(BaseModel):
    """One HTTP try, numbered from 1."""

    model_config = ConfigDict(frozen=True)

    number: int
    at: int  # ms, when it began
    status_code: int | None
    error: str | None
    duration_ms: int
    response_excerpt: str


class Delivery(BaseModel):
    """One event for one subscriber. Stored under short names: there are many."""

    model_config = ConfigDict(frozen=True)

    id: str
    e: str  # event
    s: str  # subscriber
    c: str  # connection
    t: str  # event type
    lane: str
    f: str = "hirewire"  # format, as it was when it was opened: every attempt has the same bytes
    at: int  # ms, when it was opened
    ct: int = 0  # ms, when its event was committed (0: as `at`, of what is sent again or tested)
    n: int = 0  # attempts made
    next: int | None = None  # ms, when the next attempt is due
    status: Status = "open"
    reason: str = ""
    replay: str | None = None
    dlt: str | None = None  # the dead letter that a replay delivers again
    log: tuple[Attempt, ...] = ()

    @property
    def since(self) -> int:
        """When its event was there to be sent, in ms since the epoch."""
        return self.ct or self.at

    @property
    def taken_at(self) -> int | None:
        """When it was taken, in ms since the epoch; None: it was not, or nobody knows any more."""
        if self.status != "delivered" or not self.log:
            return None
        return self.log[-1].at + self.log[-1].duration_ms

    def dump(self) -> bytes:
        """Return the stored form, without what is by default; `n` and `replay` are read by the scripts."""
        said = self.__dict__
        kept = {name: said[name] for name, default in _DEFAULTS if said[name] != default}
        return orjson.dumps(kept, default=vars)


# `n` is always said. (Pydantic's own dump took a tenth of a delivery's time.)
_DEFAULTS = tuple(
    (name, field.default if name != "n" else None) for name, field in Delivery.model_fields.items()
)


class LogEntry(NamedTuple):
    """One entry of a connection's event log."""

    position: str
    event_id: str
    type: str
    lane: str
    model: str
    remote_id: str


class Read(NamedTuple):
    """Entries read on from a position of one connection."""

    connection_id: str
    start: str
    entries: list[LogEntry]


class Opening(NamedTuple):
    """What became of one read: the position moves, and what passed the filters is opened."""

    connection_id: str
    start: str
    end: str
    deliveries: list[Delivery]


class Settle(NamedTuple):
    """The end of one attempt, or of what was handed out for one."""

    delivery: Delivery  # as it is after the attempt
    verdict: Verdict
    wait_ms: int = 0  # until the next attempt
    dead_letter: tuple[str, bytes] | None = None
    reason: str = ""  # of a pause
    took_ms: int | None = None  # None: nothing was sent
    attempted: bool = True  # whether `delivery.n` counts this attempt


class Step(NamedTuple):
    """What a step found; `state`: going on, stopped (not active), released (nothing to do)."""

    state: Literal["going", "stopped", "released"]
    now: int = 0
    next_due: int | None = None
    going: Sequence[Delivery] = ()
    reads: Sequence[Read] = ()
    troubled: bool = False  # its breaker is not closed


class Limits(NamedTuple):
    """How far one step may go."""

    lease_ms: int
    flight_ms: int  # an attempt's lane stays shut this long if its worker dies
    window: int  # open deliveries at the most before reading on stops
    read: int  # entries a step


class Terms(NamedTuple):
    """What a subscriber asked for that a step keeps to, and how its worker stands."""

    number: int = 0  # of the step in its lease, so that one sent twice gives the same (0: none)
    ahead: int = 0  # how many may be handed out beside those that have a socket
    retries: int = 0  # in hand
    concurrency: int = 4
    rate: float | None = None  # deliveries a second
    at: str = ""  # the time, as text
    rest_ms: int = 0  # nothing is to be read on for so long


class Retried(Enum):
    """What came of asking for the next attempt now, or for none any more."""

    DUE = 1
    NOT_OPEN = 0
    BEHIND = -1  # another of its subject comes first
    IN_FLIGHT = -2


class Deliveries:
    """The subscriber's side of the store."""

    def __init__(self, pipe: Pipe, retention_s: int) -> None:
        self._pipe = pipe
        self._retention_s = retention_s

    async def step(
        self,
        lease: Lease,
        limits: Limits,
        free: int,
        flying: int,
        openings: Sequence[Opening],
        settles: Sequence[Settle],
        terms: Terms = Terms(),  # noqa: B008 - a constant
    ) -> Step:
        """Settle, open, claim and read on in one atomic step; raises Fenced.

        `free` sockets and `flying` in hand are as they are once the settles are done.
        """
        rate = terms.rate or 0
        args: list[Arg] = [
            lease.id, lease.token, limits.lease_ms, limits.flight_ms, free, limits.read, limits.window,
            flying, self._retention_s, terms.number, terms.ahead, terms.retries, terms.concurrency,
            1_000_000 / rate if rate else 0, max(1, int(rate)), terms.at or iso(now_ms()),
            terms.rest_ms, len(openings),
        ]  # fmt: skip
        for o in openings:
            args += [o.connection_id, o.start, o.end]
        opened = [d for o in openings for d in o.deliveries]
        args.append(len(opened))
        for d in opened:
            args += [d.id, d.lane, d.dump(), d.e, d.c]
        args.append(len(settles))
        for settle in settles:
            args += _settle_args(settle)
        return _step(await self._pipe.run("step", *args), lease)

    async def open_state(self, s: str, delivery_id: str) -> Delivery | None:
        """Return an open delivery, or None."""
        live, _, replayed, _ = await asyncio.gather(*self._ask_open(s, delivery_id))
        raw = live or replayed
        return Delivery.model_validate_json(raw) if raw else None

    async def get(self, delivery_id: str, s: str | None) -> Delivery | None:
        """Return a delivery, open or settled; `s` is its subscriber if that still exists."""
        owners = {ids.tag_of(delivery_id): s} if s else {}
        return (await self.load([delivery_id], owners))[0]

    async def load(
        self, delivery_ids: Sequence[str], owners: Mapping[str, str]
    ) -> list[Delivery | None]:
        """Return deliveries, open or settled; `owners` are the subscribers there are, by tag.

        Of an open one `next` is None while it is in flight or waits behind another.
        """
        asked = [self._load(d, owners.get(ids.tag_of(d), "")) for d in delivery_ids]
        return await asyncio.gather(*asked)

    async def _load(self, delivery_id: str, s: str) -> Delivery | None:
        # Asked in this order, one that is settled in between is found all the same.
        asked = self._ask_open(s, delivery_id)
        settled = self._pipe.call("GET", keys.delivery(delivery_id))
        live, due, replayed, replay_due, kept = await asyncio.gather(*asked, settled)
        found, at = live or replayed, replay_due if due is None else due
        if found:
            waits = None if at is None or float(at) % 1 else int(float(at))
            return Delivery.model_validate_json(found).model_copy(update={"next": waits})
        return Delivery.model_validate_json(kept) if kept else None

    def pages(self, s: str, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (delivery id, when opened) in chunks, newest first; all subscribers' when `s` is ""."""
        return walk(self._pipe, keys.deliveries(s), after)

    async def of_event(self, event_id: str) -> list[str]:
        """Return the ids of an event's deliveries."""
        found = await self._pipe.call("SMEMBERS", keys.deliveries_of(event_id))
        return sorted(d.decode() for d in found)

    async def retry_now(self, s: str, delivery_id: str) -> Retried:
        """Make an open delivery due now, or say what stands in the way."""
        return Retried(await self._pipe.run("retry_now", s, delivery_id))

    async def open_test(self, delivery: Delivery, body: bytes) -> bool:
        """Open a delivery of an event that no log has; False when the subscriber is not active."""
        d = delivery
        return bool(
            await self._pipe.run(
                "open_test", d.s, d.id, d.lane, d.dump(), d.e, body, self._retention_s
            )
        )

    async def backlog(self, s: str) -> int:
        """Return how many deliveries are open."""
        lines = (s, keys.replay_line(s))
        found = [self._pipe.call("HLEN", keys.open_deliveries(line)) for line in lines]
        return sum(await asyncio.gather(*found))

    def _ask_open(self, s: str, delivery_id: str) -> "list[asyncio.Future[Any]]":
        """Ask for an open delivery's state and when it is due, in the live line and in the replays'."""
        return [
            asked
            for line in (s, keys.replay_line(s))
            for asked in (
                self._pipe.call("HGET", keys.open_deliveries(line), delivery_id),
                self._pipe.call("ZSCORE", keys.due(line), delivery_id),
            )
        ]


def _settle_args(settle: Settle) -> list[Arg]:
    d = settle.delivery
    dead_id, dead = settle.dead_letter or ("", settle.reason.encode())
    took = "" if settle.took_ms is None else settle.took_ms
    return [
        d.id, d.n if settle.attempted else d.n + 1, settle.verdict, d.lane, d.dump(),
        settle.wait_ms, dead_id, dead, d.e, d.c, took,
    ]  # fmt: skip


def _step(reply: list[Any], lease: Lease) -> Step:
    if reply[0] == 0:
        raise Fenced(lease.id)
    if reply[0] == 2:
        return Step("stopped")
    if reply[0] == 3:
        return Step("released", next_due=None if reply[1] < 0 else reply[1])
    _, now, next_due, going, reads, _left, troubled = reply
    return Step(
        "going",
        now,
        None if next_due < 0 else next_due,
        [Delivery.model_validate_json(raw) for raw in going[1::2] if raw],
        [
            Read(reads[i].decode(), reads[i + 1].decode(), [_entry(e) for e in reads[i + 2]])
            for i in range(0, len(reads), 3)
        ],
        bool(troubled),
    )


def _entry(row: Any) -> LogEntry:
    position, flat = row
    f = [part.decode() for part in flat]
    named = dict(zip(f[::2], f[1::2], strict=True))
    return LogEntry(position.decode(), named["e"], named["t"], named["s"], named["m"], named["r"])


def opened(
    lease_id: str, connection_id: str, entry: LogEntry, now: int, form: str = "hirewire"
) -> Delivery:
    """Return the delivery that a log entry becomes for a subscriber."""
    return Delivery(
        id=ids.delivery_id(entry.event_id, lease_id),
        e=entry.event_id,
        s=lease_id,
        c=connection_id,
        t=entry.type,
        lane=entry.lane,
        f=form,
        at=now,
        ct=int(entry.position.partition("-")[0]),
    )

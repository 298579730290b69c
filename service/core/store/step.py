"""One step of a subscriber's line: what the script is told, and what it says (`lua/step.lua`)."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from service.core.errors import Fenced
from service.core.store.delivery import Delivery, LogEntry, entry_of
from service.core.store.inbox import Lease
from service.core.store.redis import Arg
from service.core.times import iso, now_ms

Verdict = Literal["ok", "retry", "unsent", "dead", "pause", "erased", "missed", "late", "back"]
"""What an attempt came to (`unsent`: it failed on our side); the last four are none: its body is
erased, or gone with the retention, it is too old to be sent, it is handed back untried."""


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
    window: int  # lanes at the most before reading on stops (and ten times as many deliveries)
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
    waiting: Sequence[str] = ()  # which in hand have not been sent: due again should the worker end


def step_args(
    lease: Lease,
    limits: Limits,
    free: int,
    flying: int,
    retention_s: int,
    terms: Terms,
    openings: Sequence[Opening],
    settles: Sequence[Settle],
) -> list[Arg]:
    """Return the script's ARGV."""
    rate = terms.rate or 0
    args: list[Arg] = [
        lease.id, lease.token, limits.lease_ms, limits.flight_ms, free, limits.read, limits.window,
        flying, retention_s, terms.number, terms.ahead, terms.retries, terms.concurrency,
        1_000_000 / rate if rate else 0, max(1, int(rate)), terms.at or iso(now_ms()),
        terms.rest_ms, " ".join(terms.waiting), len(openings),
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
    return args


def step_of(reply: list[Any], lease: Lease) -> Step:
    """Read the script's reply; raises Fenced."""
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
            Read(reads[i].decode(), reads[i + 1].decode(), [entry_of(e) for e in reads[i + 2]])
            for i in range(0, len(reads), 3)
        ],
        bool(troubled),
    )


def _settle_args(settle: Settle) -> list[Arg]:
    d = settle.delivery
    dead_id, dead = settle.dead_letter or ("", settle.reason.encode())
    took = "" if settle.took_ms is None else settle.took_ms
    return [
        d.id, d.n if settle.attempted else d.n + 1, settle.verdict, d.lane, d.dump(),
        settle.wait_ms, dead_id, dead, d.e, d.c, took,
    ]  # fmt: skip

"""A subscriber's line as its operator sees it: how it is, what holds it up, and how to go past that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from service.core.store.dead_letters import of_delivery
from service.core.store.deliveries import Delivery, Retried
from service.core.store.redis import Pipe

BY_HAND = "skipped by hand"
NAMED = 20
SKIP_AT_ONCE = 500

Breaker = Literal["closed", "open", "recovering"]


class Blocked(NamedTuple):
    """A lane whose head fails, and how many wait behind it."""

    delivery_id: str
    event_id: str
    since: int  # ms, when the head's event was committed
    attempts: int
    next: int | None  # ms; None: in flight
    waiting: int


class Unread(NamedTuple):
    """What a subscriber has not read of a connection's log."""

    connection_id: str
    position: str
    entries: int  # at most 1001
    oldest: int  # ms


class Health(NamedTuple):
    """How a subscriber is. Instants are ms since the epoch, 0: never, or none."""

    now: int
    breaker: Breaker
    breaker_since: int
    breaker_until: int  # no probe leaves before
    streak: int  # failures in a row
    failing_since: int
    ok_at: int
    p50_ms: int | None  # of the last 100 attempts
    p95_ms: int | None
    open: int
    replays: int  # open ones
    oldest_open: int
    unread: Sequence[Unread]
    blocked: Sequence[Blocked]

    def oldest(self, connection_ids: Sequence[str] | None) -> int:
        """Return when the oldest of what was not delivered yet was committed, parked ones included."""
        times = [u.oldest for u in self.unread_of(connection_ids)]
        return min([*times, *([self.oldest_open] if self.oldest_open else [])], default=0)

    def unread_of(self, connection_ids: Sequence[str] | None) -> list[Unread]:
        """Return what is unread of these connections (None: of all)."""
        return [
            u for u in self.unread if connection_ids is None or u.connection_id in connection_ids
        ]


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many deliveries were skipped, and which erasures' events are among them."""

    count: int
    erasures: Sequence[str]


class Lines:
    """Reads of lines, and what goes past what blocks them."""

    def __init__(self, pipe: Pipe, retention_s: int) -> None:
        self._pipe = pipe
        self._retention_s = retention_s

    async def health(self, s: str) -> Health:
        """Return how a subscriber is; of one that is gone, that it has nothing."""
        now, fields, took, live, replays, oldest, unread, blocked = await self._pipe.run(
            "health", s, NAMED
        )
        _, streak, ok_at, bad_from, brk, brk_at, brk_until, _, _ = (f.decode() for f in fields)
        ms = sorted(int(t) for t in took)
        return Health(
            now, _breaker(brk), _number(brk_at), _number(brk_until) if brk == "open" else 0,
            _number(streak), _number(bad_from), _number(ok_at), _share(ms, 0.5), _share(ms, 0.95),
            live, replays, oldest, _unread(unread), _blocked(blocked),
        )  # fmt: skip

    async def head(self, delivery: Delivery) -> str | None:
        """Return which delivery an open one waits behind, or None."""
        found = await self._pipe.call("HGET", f"lane:{delivery.s}", delivery.lane)
        head = found.decode() if found else None
        return None if head == delivery.id else head

    async def skip(self, delivery: Delivery, now: int) -> Retried:
        """Make a lane's head a dead letter, so that the next may go; or say what stands in the way."""
        dead = delivery.model_copy(update={"status": "dead", "reason": BY_HAND, "next": None})
        letter_id, letter = of_delivery(dead, BY_HAND, now)
        return Retried(
            await self._pipe.run(
                "skip_delivery", dead.s, dead.id, dead.lane, dead.dump(), letter_id, letter, dead.e,
                self._retention_s,
            )
        )  # fmt: skip

    async def skip_open(self, s: str) -> Skipped:
        """Settle all that is open as skipped; returns how many that were."""
        count, erasures = 0, list[str]()
        while True:
            more, *events = await self._pipe.run("skip_open", s, SKIP_AT_ONCE, self._retention_s)
            if not more:
                return Skipped(count, erasures)
            count += more
            erasures += [event.decode() for event in events]


def _breaker(stored: str) -> Breaker:
    return {"open": "open", "ramp": "recovering"}.get(stored, "closed")  # type: ignore[return-value]


def _number(text: str) -> int:
    return int(float(text)) if text else 0


def _share(ordered: Sequence[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _unread(flat: Sequence[Any]) -> list[Unread]:
    return [
        Unread(flat[i].decode(), flat[i + 1].decode(), flat[i + 3], _ms(flat[i + 2]))
        for i in range(0, len(flat), 4)
    ]


def _ms(position: bytes) -> int:
    return int(position.partition(b"-")[0])


def _blocked(flat: Sequence[Any]) -> list[Blocked]:
    return [_one_blocked(flat[i + 2], flat[i + 3], flat[i + 4]) for i in range(0, len(flat), 5)]


def _one_blocked(due: bytes, waiting: int, state: bytes) -> Blocked:
    d, at = Delivery.model_validate_json(state), float(due)
    return Blocked(d.id, d.e, d.since, d.n, None if at % 1 else int(at), waiting)

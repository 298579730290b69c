"""How a subscriber is: its breaker, what it has not got yet, how late that is, what holds it up."""

from typing import Any

from service.core import times
from service.core.store.lines import Blocked, Health
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber


async def health(store: Store, subscriber: Subscriber) -> dict[str, Any]:
    """Return what `GET subscribers/{id}` shows under `health`; durations are seconds unless named ms."""
    found = await store.lines.health(subscriber.id)
    of = subscriber.wanted.connection_ids
    oldest = found.oldest(of)
    return {
        "breaker": {
            "state": found.breaker,
            "since": _instant(found.breaker_since),
            "until": _instant(found.breaker_until),
        },
        "failure_streak": found.streak,
        "failing_since": _instant(found.failing_since),
        "last_success_at": _instant(found.ok_at),
        "latency_ms": {"p50": found.p50_ms, "p95": found.p95_ms},
        "backlog": _backlog(found, of),
        "oldest_undelivered_at": _instant(oldest),
        "lateness_s": round((found.now - oldest) / 1000, 3) if oldest else 0,
        "blocked_by": [_blocked(each) for each in found.blocked],
    }


def _backlog(found: Health, of: tuple[str, ...] | None) -> dict[str, Any]:
    unread = found.unread_of(of)
    return {
        "open": found.open,
        "replays": found.replays,
        "unread": sum(each.entries for each in unread),
        # Counted to a thousand in each connection's log.
        "unread_is_exact": all(each.entries <= 1000 for each in unread),
    }


def _blocked(lane: Blocked) -> dict[str, Any]:
    return {
        "delivery_id": lane.delivery_id,
        "event_id": lane.event_id,
        "since": times.iso(lane.since),
        "attempt_count": lane.attempts,
        "next_attempt_at": None if lane.next is None else times.iso(lane.next),
        "waiting": lane.waiting,
        "skip": f"/ops/v1/deliveries/{lane.delivery_id}/skip",
    }


def _instant(ms: int) -> str | None:
    return times.iso(ms) if ms else None

"""Why a subscriber did or did not get an event: each filter's verdict, each attempt, what it waits for."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from service.core import ids, times
from service.core.delivery.choosing import case_of
from service.core.delivery.filters import ERASED, Verdict, verdicts
from service.core.delivery.gathering import GATHERED_MS
from service.core.store import keys
from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.ops import deliveries
from service.ops.bodies import query, unknown
from service.problems import Json
from service.state import Request

PAGE, MOST = 1000, 50_000
SKEW_MS = 300_000
TEST_TYPE: Final = "subscriber.test"
Outcome = Literal[
    "delivered",
    "waiting",
    "dead",
    "skipped",
    "erased",
    "filtered",
    "not_read",
    "earlier",
    "missed",
    "unknown",
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Query(BaseModel):
    """Which event, for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: Id
    subscriber_id: Id


class Wait(NamedTuple):
    """One thing that stands before a delivery, and until when (ms), if that is known."""

    what: str
    why: str
    until: int | None = None
    delivery_id: str | None = None


class Reading(NamedTuple):
    """Where a subscriber stands in the event's log; `committed`: the event's place, if it was found."""

    position: str
    committed: str | None
    reached: bool | None


class Held(NamedTuple):
    """What holds all of a subscriber's deliveries, by its own state; times in ms, 0: none."""

    breaker: str
    until: int
    pace: float


class Facts(NamedTuple):
    """All that is known of one event for one subscriber."""

    subscriber: Subscriber
    event: dict[str, Any] | None  # None: erased, or older than the retention
    filters: Sequence[Verdict]
    reading: Reading | None
    deliveries: Sequence[Delivery]
    waits: Sequence[Wait]


async def show(request: Request) -> Response:
    """Explain; 404 for a subscriber or an event that nobody knows of."""
    store: Store = request.state["store"]
    asked = query(request, Query)
    return Json(await explained(store, asked.subscriber_id, asked.event_id))


async def explained(store: Store, s: str, event_id: str) -> dict[str, Any]:
    """Explain an event for a subscriber; raises Problem 404."""
    subscriber = await store.subscribers.get(s)
    if subscriber is None:
        raise unknown("subscriber", s)
    facts = await _facts(store, subscriber, event_id)
    if facts.event is None and not facts.deliveries:
        raise unknown("event (or it was erased, or is past the retention)", event_id)
    return {"event_id": event_id, "subscriber_id": subscriber.id, **_told(facts)}


async def _facts(store: Store, subscriber: Subscriber, event_id: str) -> Facts:
    found = await _deliveries(store, subscriber.id, event_id)
    body = await store.log.body(event_id)
    event: dict[str, Any] | None = orjson.loads(body) if body else None
    logged = event is not None and event["type"] != TEST_TYPE
    filters = await _filters(store, subscriber, event) if event and logged else []
    reading = await _reading(store, subscriber.id, event) if event and logged else None
    wanted = all(verdict.passed for verdict in filters)
    waits: list[Wait] = []
    still = [d for d in found if d.status == "open"]
    if still or (reading and reading.reached is False and wanted):
        waits = _standing(subscriber, await _held(store, subscriber.id))
        for delivery in still:
            waits += await _before(store, delivery)
        if not still and not waits:
            waits = [_unread(subscriber)]
    return Facts(subscriber, event, filters, reading, found, waits)


async def _filters(store: Store, subscriber: Subscriber, event: dict[str, Any]) -> list[Verdict]:
    said = verdicts(await case_of(store, subscriber.wanted, event))
    if event["type"] != ERASED:
        return said
    told = await store.erasures.is_told(event["id"], subscriber.id)
    why = "it had the person" if told else "it never had the person: there is nothing to take back"
    if not told and not all(each.passed for each in said):
        why = "it does not ask to be told: if it had the person, the erasure's `not_told` names it"
    return [*said, Verdict("erasure", told, why)]


async def _deliveries(store: Store, s: str, event_id: str) -> list[Delivery]:
    """Return this subscriber's deliveries of an event, the first one first, replays among them."""
    tag = ids.subscriber_tag(s)
    mine = [d for d in await store.deliveries.of_event(event_id) if ids.tag_of(d) == tag]
    found = await store.deliveries.load(mine, {tag: s})
    return sorted((d for d in found if d), key=lambda d: d.at)


async def _reading(store: Store, s: str, event: dict[str, Any]) -> Reading:
    """Return where the subscriber stands; first what it has yet to read is looked through."""
    c = event["connection_id"]
    position = await store.log.position(s, c)
    ahead = await _place(store, c, event["id"], position)
    if ahead is not None:
        return Reading(position, ahead, False)
    # An event is committed after it happened, but for a clock that is ahead of ours.
    start = max(0, (times.parse(event["timestamp"]) or 0) - SKEW_MS)
    behind = await _place(store, c, event["id"], f"{start}-0")
    return Reading(position, behind, True if behind else None)


async def _place(store: Store, c: str, event_id: str, after: str) -> str | None:
    """Return an event's place in a log, looked for in what comes after a position."""
    for _ in range(0, MOST, PAGE):
        page = await store.log.oldest(c, after, PAGE)
        for entry in page:
            if entry.event_id == event_id:
                return entry.position
        if len(page) < PAGE:
            return None
        after = page[-1].position
    return None


async def _held(store: Store, s: str) -> Held:
    row = await store.pipe.call("HMGET", keys.subscriber(s), "brk", "brk_until", "pace")
    breaker, until, pace = (value.decode() if value else "" for value in row)
    return Held(breaker, int(float(until or 0)), float(pace or 0))


def _standing(subscriber: Subscriber, held: Held) -> list[Wait]:
    """Return what holds everything of a subscriber."""
    waits = []
    if subscriber.status != "active":
        why = subscriber.reason or "resume it"
        waits.append(Wait(subscriber.status, f"the subscriber is {subscriber.status}: {why}"))
    if held.breaker == "open":
        why = f"{subscriber.streak} attempts failed in a row: one probe at a time is sent"
        waits.append(Wait("breaker", why, held.until or None))
    if held.breaker == "ramp":
        waits.append(Wait("ramp", "it has just recovered: few are sent at once"))
    if subscriber.wanted.rate is not None and held.pace > times.now_ms():
        waits.append(Wait("rate", f"{subscriber.wanted.rate:g} per second", int(held.pace)))
    return waits


async def _before(store: Store, delivery: Delivery) -> list[Wait]:
    """Return what an open delivery itself waits for."""
    head = await store.pipe.call("HGET", keys.lanes(delivery.s), delivery.lane)
    if head and head.decode() != delivery.id:
        first = await store.deliveries.get(head.decode(), delivery.s)
        tried = f"tried {first.n} times" if first else "which is just being settled"
        why = f"{head.decode()} of the same subject comes first, {tried}"
        return [Wait("lane", why, first.next if first else None, head.decode())]
    if delivery.next is None:
        return [Wait("answer", f"attempt {delivery.n + 1} is in flight")]
    if delivery.next > times.now_ms():
        return [Wait("attempt", f"attempt {delivery.n + 1} is due then", delivery.next)]
    return [Wait("worker", f"attempt {delivery.n + 1} is due: a worker is to make it")]


def _unread(subscriber: Subscriber) -> Wait:
    if subscriber.wanted.format == "kombo":
        return Wait("gathering", f"what comes within {GATHERED_MS // 1000} s is sent as one")
    return Wait(
        "reading", "a worker is to read the log on, as soon as there is room for more open ones"
    )


def _told(facts: Facts) -> dict[str, Any]:
    outcome, why = _outcome(facts)
    event, reading = facts.event, facts.reading
    return {
        "outcome": outcome,
        "why": why,
        "type": event["type"] if event else facts.deliveries[0].t,
        "connection_id": event["connection_id"] if event else facts.deliveries[0].c,
        "event_kept": event is not None,
        "filters": [verdict._asdict() for verdict in facts.filters],
        "position": _position(reading) if reading else None,
        "deliveries": [deliveries.in_full(each) for each in facts.deliveries],
        "waits_for": [
            wait._asdict() | {"until": None if wait.until is None else times.iso(wait.until)}
            for wait in facts.waits
        ],
    }


def _position(reading: Reading) -> dict[str, Any]:
    committed = reading.committed
    at = times.iso(int(committed.partition("-")[0])) if committed else None
    return {
        "reached": reading.reached,
        "subscriber": reading.position,
        "event": committed,
        "committed_at": at,
    }


def _outcome(facts: Facts) -> tuple[Outcome, str]:
    if facts.deliveries:
        return _sent(facts)
    reading = facts.reading
    if reading is None:
        return "unknown", "it is a test of a subscriber's, and no delivery of it is known any more"
    against = next((verdict for verdict in facts.filters if not verdict.passed), None)
    if against is not None:
        return "filtered", f"{against.name}: {against.why}"
    if reading.reached is False:
        return "not_read", facts.waits[0].why
    return _never_opened(facts.subscriber, reading)


def _sent(facts: Facts) -> tuple[Outcome, str]:
    """Say how the latest of its deliveries stands; one that was delivered counts before any other."""
    taken = [d for d in facts.deliveries if d.status == "delivered"]
    last = taken[-1] if taken else facts.deliveries[-1]
    match last.status:
        case "delivered":
            status = last.log[-1].status_code if last.log else "success"
            return "delivered", f"attempt {last.n} was answered with {status}"
        case "open":
            return "waiting", facts.waits[0].why
        case "dead":
            return "dead", last.reason or "it ran out of attempts"
        case "skipped":
            return "skipped", last.reason or "it was given up by hand"
        case "erased":
            return "erased", last.reason or "the event was erased before it could be sent"


def _never_opened(subscriber: Subscriber, reading: Reading) -> tuple[Outcome, str]:
    if reading.committed is None:
        return "unknown", "its place in the log was not found: the log may not go back so far"
    if int(reading.committed.partition("-")[0]) < subscriber.created:
        return "earlier", "the subscriber is newer, and a new one starts at the head of the log"
    return "missed", (
        "it was read and nothing is known of a delivery: it was skipped, or the subscriber's "
        "settings, or the candidate's jobs and stages, were others then"
    )

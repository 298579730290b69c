"""What a subscriber got, held against what it wanted: nothing missing, in order, one id one body."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that a subscriber took; `taken`: it kept the event, whatever we heard of that."""

    event_id: str
    body: bytes
    replay: str  # the replay's id, "" for the live one
    taken: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What one subscriber must have got: event ids in the order of the log, and which may be late."""

    name: str
    event_ids: Sequence[str]
    subjects: Mapping[str, str]  # event id -> subject
    dead: frozenset[str]  # those that ran out of attempts at some time: only a replay brings them
    strict: bool = True
    """No attempt of an event comes after one of a later event (of its subject); else no first one."""


def violations(wish: Wish, arrivals: Sequence[Arrival]) -> list[str]:
    """Return what is wrong with what a subscriber got."""
    wrong = [*_missing(wish, arrivals), *_bodies(arrivals), *_order(wish, arrivals)]
    return [f"subscriber {wish.name}: {words}" for words in wrong]


def _missing(wish: Wish, arrivals: Sequence[Arrival]) -> Iterator[str]:
    have = {arrival.event_id for arrival in arrivals if arrival.taken}
    wanted = set(wish.event_ids)
    for event_id in wish.event_ids:
        if event_id not in have and event_id not in wish.dead:
            yield f"{event_id} never came"
    live = {arrival.event_id for arrival in arrivals if not arrival.replay}
    for event_id in sorted(live - wanted):
        yield f"{event_id} came, though it is not in the log or was not wanted"


def _bodies(arrivals: Sequence[Arrival]) -> Iterator[str]:
    bodies: dict[str, bytes] = {}
    for arrival in arrivals:
        if bodies.setdefault(arrival.event_id, arrival.body) != arrival.body:
            yield f"{arrival.event_id} came with other bytes than before"
        if orjson.loads(arrival.body)["id"] != arrival.event_id:
            yield f"{arrival.event_id} carries another event"


def _order(wish: Wish, arrivals: Sequence[Arrival]) -> Iterator[str]:
    place = {event_id: number for number, event_id in enumerate(wish.event_ids)}
    reached: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for arrival in arrivals:
        event_id = arrival.event_id
        repeated = event_id in seen
        seen.add(event_id)
        if arrival.replay or event_id not in place or (repeated and not wish.strict):
            continue
        subject, number = wish.subjects[event_id], place[event_id]
        latest, after = reached.get(subject, (-1, ""))
        if number < latest:
            yield f"{event_id} came after {after}, a later event of the same subject"
        reached[subject] = max((latest, after), (number, event_id))


def subject_of(event: Mapping[str, Any]) -> str:
    """Return what an event's order is kept by."""
    subject = event["data"].get("subject") or {"model": "", "id": ""}
    return f"{subject['model']}:{subject['id']}"

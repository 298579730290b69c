"""Whoever was erased: nothing of the person is left, it was told once, and nothing of it came afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from service.core import ids
from service.core.store.packing import unpack
from tests.crash.far_ends import FarEnds, Subscriber
from tests.crash.server import Server
from tests.model.arrivals import Arrival
from tests.model.history import History, Past, Record

TOLD = "candidate.erased"
People = frozenset[str]
Event = Mapping[str, Any]


def about(event: Event, people: People) -> bool:
    """Say whether an event is about one of them."""
    subject = event["data"].get("subject") or {}
    return subject.get("model") == "candidate" and subject.get("remote_id") in people


def without(history: History, people: People) -> dict[Record, Past]:
    """Return the stories of all others."""
    owners = {Record("candidate", who) for who in people}
    return {r: p for r, p in history.pasts.items() if r not in owners and p.owner not in owners}


def arrivals_without(subscriber: Subscriber, people: People) -> list[Arrival]:
    """Return what came to a subscriber of all others."""
    return [one for one in subscriber.arrivals if not about(orjson.loads(one.body), people)]


def violations(
    server: Server, c: str, ends: FarEnds, told: Sequence[Event], people: People
) -> Iterator[str]:
    """Yield what is wrong with erasures that are all done."""
    names = {who: _names(ends, who) for who in people}
    kept = dict(_stored(server))
    for who in sorted(people):
        mine = [event for event in told if about(event, frozenset({who}))]
        if [event["type"] for event in mine] not in ([TOLD], []):
            yield f"erased {who}: the log still has {[event['type'] for event in mine]}"
        for key, value in kept.items():
            yield from (f"erased {who}: {n!r} is left in {key}" for n in names[who] if n in value)
        yield from _records(server, c, who)
        for subscriber in ends.subscribers.values():
            yield from _heard(subscriber, who)
        if mine and not _knows(ends.subscribers["all"], who):
            yield f"erased {who}: one who got the person was not told"


def _knows(subscriber: Subscriber, who: str) -> bool:
    """Say whether a subscriber took the news, or never got anything of the person."""
    got = [one for one in subscriber.arrivals if about(orjson.loads(one.body), frozenset({who}))]
    return not got or any(one.taken and orjson.loads(one.body)["type"] == TOLD for one in got)


def _names(ends: FarEnds, who: str) -> set[bytes]:
    """Return every name that somebody ever had: each is nobody else's."""
    past = ends.company.history.pasts.get(Record("candidate", who))
    said = (state.get("name") for state in past.states) if past else ()
    return {name.split(" ")[1].encode() + b'"' for name in said if name}


def _stored(server: Server) -> Iterator[tuple[str, bytes]]:
    """Yield (key, its value) of all of Redis; a record's fields are packed."""
    for key in server.client.scan_iter(count=1000):
        if key.startswith(b"rec:"):
            fields = server.client.hget(key, "f")
            yield key.decode(), orjson.dumps(unpack(fields)) if fields else b""
        elif (value := server.client.dump(key)) is not None:
            yield key.decode(), value


def _records(server: Server, c: str, who: str) -> Iterator[str]:
    """Yield the records that are the person's."""
    if server.call("EXISTS", f"rec:{c}:candidate:{who}"):
        yield f"erased {who}: the candidate is kept"
    uid = ids.record_id(c, "candidate", who)
    for key in server.client.scan_iter(f"rec:{c}:*", count=1000):
        fields = server.client.hget(key, "f")
        if fields and unpack(fields).get("candidate_id") == uid:
            yield f"erased {who}: {key.decode()} is kept"


def _heard(subscriber: Subscriber, who: str) -> Iterator[str]:
    """Yield what came of the person after the news of its end, and news under two ids."""
    after = False
    news = set[str]()
    for one in subscriber.arrivals:
        event = orjson.loads(one.body)
        if not about(event, frozenset({who})):
            continue
        if event["type"] == TOLD:
            after, news = True, news | {one.event_id}
        elif after:
            yield f"erased {who}: {subscriber.name} got {event['type']} after the news"
    if len(news) > 1:
        yield f"erased {who}: {subscriber.name} got the news under {len(news)} ids"

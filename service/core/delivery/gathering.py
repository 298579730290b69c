"""Gathering for Kombo's format: the events of ten seconds become one, the same whoever gathers them.

A group begins with the first event that is wanted and takes in what was committed within ten seconds of
it, by the log's own times. It is complete once ten seconds have passed since, by Redis' clock: until then
the position stays before it. A read that ends in the middle of a group ends the group: since the position
moves with it, nobody ever cuts it otherwise.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from service.core import ids, times
from service.core.delivery import kombo
from service.core.delivery.rendering import render_id
from service.core.store.deliveries import Delivery, LogEntry
from service.core.store.records import subject_key
from service.core.store.subscribers import Subscriber
from service.core.unified.model import Ref

GATHERED_MS: Final = 10_000


class Group(NamedTuple):
    """Events that are sent as one."""

    event_id: str
    members: tuple[LogEntry, ...]
    models: tuple[str, ...]  # Kombo's


class Gathered(NamedTuple):
    """What became of a read: the groups that are complete, and how far it is dealt with."""

    groups: tuple[Group, ...]
    end: str | None  # the position that may be moved to; None: it stays
    wait_ms: int | None  # until the group that is not complete yet is; None: there is none


def gather(
    entries: Sequence[LogEntry], wanted: Sequence[bool], patterns: Sequence[str], now: int
) -> Gathered:
    """Group what was read from one connection's log; `now` is Redis' time in ms.

    `wanted` says of each entry whether it passes the filters, `patterns` are the `event_types`.
    """
    groups: list[Group] = []
    members: list[LogEntry] = []
    end = last = None
    for entry, good in zip(entries, wanted, strict=True):
        if members and _ms(entry) >= _ms(members[0]) + GATHERED_MS:
            groups.append(_group(members, patterns))
            members, end = [], last
        if good:
            members.append(entry)
        last = entry.position
        if not members or _ms(members[0]) + GATHERED_MS <= now:
            end = last
    if not members:
        return Gathered(tuple(groups), end, None)
    wait = _ms(members[0]) + GATHERED_MS - now
    if wait > 0:
        return Gathered(tuple(groups), end, wait)
    return Gathered((*groups, _group(members, patterns)), end, None)


def envelope(connection_id: str, group: Group) -> bytes:
    """Return the body under which a group is kept; it holds no person's data."""
    body: dict[str, Any] = {
        "id": group.event_id,
        "type": kombo.DATA_CHANGED,
        "timestamp": times.iso(_ms(group.members[-1])),
        "connection_id": connection_id,
        "integration_id": f"recruitee:{connection_id}",
        "origin": "system",
        "causes": [],
        "data": {
            "changed_models": group.models,
            "event_ids": [entry.event_id for entry in group.members],
        },
    }
    return orjson.dumps(body)


def delivery_of(subscriber: Subscriber, connection_id: str, group: Group, now: int) -> Delivery:
    """Return the delivery that a group becomes: in the connection's own lane, one after the other."""
    return Delivery(
        id=ids.delivery_id(group.event_id, subscriber.id),
        e=group.event_id,
        s=subscriber.id,
        c=connection_id,
        t=kombo.DATA_CHANGED,
        lane=subject_key(connection_id, Ref("connection", connection_id)),
        f=render_id(subscriber.wanted, subscriber.id),
        at=now,
        ct=_ms(group.members[0]),
    )


def _group(members: Sequence[LogEntry], patterns: Sequence[str]) -> Group:
    named = {name for m in members for name in kombo.changed_models(m.type, patterns)}
    models = tuple(sorted(named))
    event_id = kombo.gathered_id((m.event_id for m in members), models)
    return Group(event_id, tuple(members), models)


def _ms(entry: LogEntry) -> int:
    return int(entry.position.partition("-")[0])

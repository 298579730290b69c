"""Which of the log's entries are for a subscriber: asks the store for no more than its filters need."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import orjson

from service.core import ids
from service.core.delivery import gathering
from service.core.delivery.adopted import as_said
from service.core.delivery.classes import names_classes
from service.core.delivery.filters import (
    ERASED,
    Application,
    Case,
    Event,
    needs_applications,
    needs_body,
    passes,
)
from service.core.delivery.gathering import Group
from service.core.delivery.rendering import PLAIN
from service.core.store.deliveries import LogEntry
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.core.unified.model import Ref
from service.core.unified.options import Options


class Bodies(Protocol):
    """A small cache of bytes by (event id, form)."""

    def get(self, key: tuple[str, str]) -> bytes | None:
        """Return what is kept."""

    def put(self, key: tuple[str, str], value: bytes) -> None:
        """Keep."""


async def choose(
    store: Store,
    subscriber: Subscriber,
    connection_id: str,
    entries: Sequence[LogEntry],
    bodies: Bodies,
) -> list[bool]:
    """Say of each entry whether it is for a subscriber.

    Bodies that it takes to say so are left in `bodies`. An event whose body is gone passes: its delivery
    then says so, where silence would hide it.
    """
    wanted = subscriber.wanted
    named = [
        wanted.wants(connection_id, entry.type)
        # An erasure is told to those who ever got the person, and to all of them.
        and (entry.type != ERASED or await store.erasures.is_told(entry.event_id, subscriber.id))
        for entry in entries
    ]
    if not needs_body(wanted):
        return named
    loaded = await _bodies(
        store,
        [e for e, good in zip(entries, named, strict=True) if good and e.type != ERASED],
        bodies,
    )
    events = {event_id: orjson.loads(body) for event_id, body in loaded.items()}
    of = await _applications(store, connection_id, wanted, list(events.values()))
    options = await options_of(store, wanted, connection_id)
    cases = [Case(wanted, each, of.get(_candidate(each), ()), options) for each in events.values()]
    said = await as_said(store, connection_id, cases)
    fits = {event_id: passes(case) for event_id, case in zip(events, said, strict=True)}
    return [g and fits.get(e.event_id, True) for e, g in zip(entries, named, strict=True)]


async def case_of(store: Store, wanted: Wanted, event: dict[str, Any]) -> Case:
    """Return one event for a subscriber with all that its filters may ask for."""
    c = event["connection_id"]
    of = await _applications(store, c, wanted, [event])
    case = Case(wanted, event, of.get(_candidate(event), ()), await options_of(store, wanted, c))
    return (await as_said(store, c, [case]))[0]


async def options_of(store: Store, wanted: Wanted, c: str) -> Options | None:
    """Return a connection's options where a redaction asks for them; None where it is gone, too."""
    if not names_classes(wanted.redact):
        return None
    connection = await store.connections.get(c)
    return connection.options if connection else None


async def keep_groups(
    store: Store,
    subscriber: Subscriber,
    connection_id: str,
    groups: Sequence[Group],
    retention_s: int,
) -> None:
    """Keep gathered events' bodies, and which delivery each member went into, before that is opened.

    Doing it twice is harmless; what is kept for a delivery that comes to nothing goes with the retention.
    """
    for group in groups:
        body = gathering.envelope(connection_id, group)
        delivery_id = ids.delivery_id(group.event_id, subscriber.id)
        members = [entry.event_id for entry in group.members]
        await store.log.keep_gathered(group.event_id, body, members, delivery_id, retention_s)


async def _bodies(store: Store, entries: Sequence[LogEntry], kept: Bodies) -> dict[str, bytes]:
    """Return the bodies that there are, by event."""
    named = [entry.event_id for entry in entries]
    here = {e: body for e in named if (body := kept.get((e, PLAIN))) is not None}
    missing = [e for e in named if e not in here]
    for event_id, body in zip(missing, await store.log.bodies(missing), strict=True):
        if body is not None:
            kept.put((event_id, PLAIN), body)
            here[event_id] = body
    return here


async def _applications(
    store: Store, c: str, wanted: Wanted, events: Sequence[Event]
) -> dict[str, list[Application]]:
    """Return candidates' applications by the candidate's remote id, where some filter asks for them."""
    names = sorted({_candidate(event) for event in events if needs_applications(wanted, event)})
    found = await asyncio.gather(*(_of_candidate(store, c, name) for name in names))
    return dict(zip(names, found, strict=True))


async def _of_candidate(store: Store, c: str, remote_id: str) -> list[Application]:
    """Return a candidate's live applications; where it has ended, with which they have, all it had."""
    candidate = Ref("candidate", remote_id)
    inside = await store.records.children(c, candidate)
    placed = [ref for ref in inside if ref.model == "application"]
    known = await store.records.load(c, [candidate, *placed])
    owner = known.get(candidate)
    ended = owner is not None and owner.deleted
    return [
        known[ref].fields for ref in placed if ref in known and (ended or not known[ref].deleted)
    ]


def _candidate(event: Event) -> str:
    """Return the remote id of the candidate that an event has to do with, or ""."""
    subject = event["data"].get("subject") or {}
    return str(subject.get("remote_id")) if subject.get("model") == "candidate" else ""

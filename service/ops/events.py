"""Change events: the log, newest first, over all connections; one record's; one envelope."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import orjson
from pydantic import Field, field_validator
from starlette.responses import Response

from service.core import events as known
from service.core import times
from service.core.store.deliveries import LogEntry
from service.core.store.log import Place
from service.core.store.store import Store
from service.ops import lookup
from service.ops.bodies import query, refused, unknown
from service.ops.instants import Instant, within
from service.ops.lookup import Located
from service.ops.paging import Found, Page, decoded, page
from service.problems import Json
from service.state import Request

POSITION = re.compile(r"[0-9]{1,15}-[0-9]{1,15}")
READ_AT_ONCE = 200
# An event's own time may be a little ahead of our clock's at its commit.
SKEW_MS = 300_000


class Query(Page):
    """Filters of `GET events`; all given ones must match."""

    type: str | None = None
    connection_id: str | None = None
    model: str | None = None
    record_id: str | None = None
    remote_id: str | None = None
    since: Instant | None = Field(None)
    until: Instant | None = Field(None)

    @field_validator("type")
    @classmethod
    def _known(cls, pattern: str | None) -> str | None:
        if pattern and (problem := known.pattern_problem(pattern)):
            raise ValueError(problem)
        return pattern

    def names(self, entry: LogEntry) -> bool:
        """Say whether a log entry passes, as far as it can say."""
        return (
            covers(self.type, entry.type)
            and self.model in (None, entry.model)
            and self.remote_id in (None, entry.remote_id)
        )

    def takes(self, event: "Event") -> bool:
        """Say whether an event passes, now that its body is known."""
        at = times.parse(event.body["timestamp"]) or 0
        return covers(self.type, event.body["type"]) and within(at, self.since, self.until)


class Event(NamedTuple):
    """An event's envelope."""

    body: dict[str, Any]


covers = known.covers


async def types(_: Request) -> Response:
    """List every event type; `default`: whether `*` covers it."""
    items = [{"type": t, "default": t not in known.NAMED_ONLY} for t in known.TYPES]
    return Json({"items": items, "next_cursor": None})


async def listed(request: Request) -> Response:
    """List events, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Query)
    found = await _source(store, asked)
    return Json(await page(found, asked.limit, shown))


async def show(request: Request) -> Response:
    """Give an event's envelope, byte for byte as it is stored and sent."""
    store: Store = request.state["store"]
    event_id: str = request.path_params["id"]
    body = await store.log.body(event_id)
    if body is None:
        raise unknown("event", event_id)
    return Response(body, media_type="application/json")


def shown(event: Event) -> dict[str, Any]:
    """Return an event as lists show it: the envelope without the record."""
    body, data = event.body, event.body["data"]
    return {
        "id": body["id"],
        "type": body["type"],
        "timestamp": body["timestamp"],
        "connection_id": body["connection_id"],
        "sequence": body.get("sequence"),
        "origin": body["origin"],
        "model": data.get("model"),
        "record_id": data.get("id"),
        "remote_id": data.get("remote_id"),
        "changes": data.get("changes", []),
    }


async def of_record(
    store: Store, located: Located, asked: Query
) -> AsyncGenerator[Found[Event], None]:
    """Yield one record's events, newest first."""
    c, ref = located
    event_ids = await store.log.timeline(c, ref.model, ref.remote_id)
    end = min(decoded(asked.after, int)[0], len(event_ids)) if asked.after else len(event_ids)
    for start in range(end, 0, -READ_AT_ONCE):
        at = range(start - 1, max(start - 1 - READ_AT_ONCE, -1), -1)
        bodies = await _bodies(store, [event_ids[i] for i in at])
        for i, event in zip(at, bodies, strict=True):
            yield (i,), event if event and asked.takes(event) else None


async def _source(store: Store, asked: Query) -> AsyncGenerator[Found[Event], None]:
    located = None
    if asked.record_id:
        located = await lookup.by_unified_id(
            store, asked.record_id, asked.connection_id, asked.model
        )
        if located is None or asked.remote_id not in (None, located.ref.remote_id):
            return _nothing()
    elif asked.model and asked.remote_id:
        several = await lookup.by_remote_id(
            store, asked.model, asked.remote_id, asked.connection_id
        )
        located = several[0] if len(several) == 1 else None
    return of_record(store, located, asked) if located else _of_log(store, asked)


async def _nothing() -> AsyncGenerator[Found[Event], None]:
    return
    yield  # makes this a generator


async def _of_log(store: Store, asked: Query) -> AsyncGenerator[Found[Event], None]:
    """Yield the log's events over all connections asked for, newest first."""
    connections = [asked.connection_id] if asked.connection_id else await store.connections.ids()
    after = _place(asked.after) if asked.after else None
    floor = (asked.since or 0) - SKEW_MS
    chunk = max(10, min(READ_AT_ONCE, 4000 // (len(connections) or 1)))
    batch: list[tuple[Place, LogEntry]] = []
    async with aclosing(store.log.merged(connections, after, chunk)) as entries:
        async for place, entry in entries:
            if place.ms < floor:
                break
            batch.append((place, entry))
            if len(batch) == READ_AT_ONCE:
                for found in await _read(store, asked, batch):
                    yield found
                batch = []
    for found in await _read(store, asked, batch):
        yield found


def _place(cursor: str) -> Place:
    place = Place(*decoded(cursor, str, str))
    if not POSITION.fullmatch(place.position):
        raise refused("after", "is not a cursor of this list")
    return place


async def _read(
    store: Store, asked: Query, batch: Sequence[tuple[Place, LogEntry]]
) -> list[Found[Event]]:
    wanted = [entry.event_id for _, entry in batch if asked.names(entry)]
    events = dict(zip(wanted, await _bodies(store, wanted), strict=True))
    return [
        (
            tuple(place),
            event if (event := events.get(entry.event_id)) and asked.takes(event) else None,
        )
        for place, entry in batch
    ]


async def _bodies(store: Store, event_ids: Sequence[str]) -> list[Event | None]:
    bodies = await store.log.bodies(event_ids)
    return [None if body is None else Event(orjson.loads(body)) for body in bodies]

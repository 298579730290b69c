"""The pull feed: pages of change events, a stream of them, and positions that we keep."""

from collections.abc import AsyncGenerator

import orjson
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from service.auth import Guard
from service.callers import ADMIN, Caller
from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.feed import START
from service.core.store.store import Store
from service.core.times import now_ms
from service.feed.asked import (
    NOW,
    Ack,
    Filters,
    PageAsked,
    owner_of,
    place_at,
    rules_of,
)
from service.feed.cursor import decode
from service.feed.reading import Page, Place, read
from service.feed.streams import EventStream, comment, frame
from service.ops.bodies import given, query, refused
from service.problems import Json, Problem
from service.state import Request

HEARTBEAT_S = 15.0
RETRY_MS = 1000
AT_ONCE = 100
RESCANNED = 1000
"""A page that is empty repeats its position, unless more than this was looked at in vain."""
HEADERS = {"cache-control": "no-store"}
NOTHING = Page([], 0, 0, False)
log = logger("feed")


def routes() -> list[Route]:
    """Return what of `/v1` is ours."""
    guarded = [Middleware(Guard, needs="feed")]
    return [
        Route("/events", listed, methods=["GET"], middleware=guarded),
        Route("/events/stream", stream, methods=["GET"], middleware=guarded),
        Route("/events/ack", ack, methods=["POST"], middleware=guarded),
    ]


async def listed(request: Request) -> Response:
    """Give a page of events beyond a cursor, or beyond a consumer's kept position."""
    store: Store = request.state["store"]
    asked = query(request, PageAsked)
    rules = await rules_of(request, asked)
    after = await _kept(request, asked) if asked.consumer else asked.after
    place = await place_at(store, asked, after)
    found = NOTHING if after == NOW else await read(store, place, rules, asked.limit)
    return _answer(found, _next(found, place, after))


async def ack(request: Request) -> Response:
    """Keep a consumer's position: its next page begins there."""
    store: Store = request.state["store"]
    asked = Ack.model_validate(await given(request))
    if decode(asked.cursor, ()) is None:
        raise refused("cursor", "is not a cursor of this feed")
    await store.feed.keep(owner_of(request.state["caller"]), asked.consumer, asked.cursor)
    return Json({"consumer": asked.consumer, "cursor": asked.cursor})


async def stream(request: Request) -> Response:
    """Send events as they are committed, beyond `Last-Event-ID`, `after`, or the oldest kept."""
    asked = query(request, Filters)
    await rules_of(request, asked)  # refused before the stream begins
    after = request.headers.get("last-event-id") or asked.after
    place = await place_at(request.state["store"], asked, after)
    return EventStream(_frames(request, asked, place), request.state["streams"])


async def _frames(request: Request, asked: Filters, place: Place) -> AsyncGenerator[bytes, None]:
    try:
        yield comment("hirewire") + f"retry: {RETRY_MS}\n".encode()
        async with request.state["watch"].looked():
            async for each in _told(request, asked, place):
                yield each
    except (StoreUnavailable, Problem) as error:
        # Redis is away, or the subscriber is: who comes back by the cursor is told in the answer.
        log.warning("feed.stream_ended", reason=str(error))


async def _told(request: Request, asked: Filters, place: Place) -> AsyncGenerator[bytes, None]:
    store, watch = request.state["store"], request.state["watch"]
    caller: Caller = request.state["caller"]
    sees_new = asked.connection_id is None and caller.connection_ids is None
    rules = await rules_of(request, asked)
    while True:
        turn = watch.turn
        await _join(store, asked, place)
        found = await read(store, place, rules, AT_ONCE, marked=True)
        for event in found.events:
            yield frame(event.body, event.cursor)
        if found.missed:
            yield frame(orjson.dumps({"missed": found.missed}), place.cursor, "missed")
        seen = None if sees_new else place.stands
        if not found.more and not await watch.moved(turn, place.stands, seen, HEARTBEAT_S):
            if not await _still(request):
                return
            yield comment("still here")
            rules = await rules_of(request, asked)  # its subscriber's settings may have changed


async def _join(store: Store, asked: Filters, place: Place) -> None:
    """Take up connections that were linked meanwhile, drop those that are gone."""
    if asked.connection_id is None:
        there = await store.connections.ids()
        place.stands = {c: place.stands.get(c, START) for c in there}


async def _still(request: Request) -> bool:
    """Say whether the caller would still be let in."""
    caller: Caller = request.state["caller"]
    if caller == ADMIN:
        return True
    key = await request.state["store"].api_keys.get(caller.id)
    return key is not None and key.live(now_ms())


async def _kept(request: Request, asked: PageAsked) -> str | None:
    """Return a consumer's position; the first time, where it asked to begin, kept from then on."""
    store: Store = request.state["store"]
    owner, name = owner_of(request.state["caller"]), str(asked.consumer)
    kept = await store.feed.kept(owner, name)
    if kept is None and asked.after is not None:
        kept = (await place_at(store, asked, asked.after)).cursor
        await store.feed.keep(owner, name, kept)
    return kept


def _next(found: Page, place: Place, after: str | None) -> str:
    quiet = not (found.events or found.missed) and found.looked < RESCANNED
    return after if after not in (None, NOW) and quiet else place.cursor


def _answer(found: Page, cursor: str) -> Response:
    """Return a page without reading its events: they go out as they are kept."""
    events = b",".join(event.body for event in found.events)
    rest = orjson.dumps({"next_cursor": cursor, "missed": found.missed})
    body = b'{"events":[' + events + b"]," + rest[1:]
    return Response(body, 200, HEADERS, "application/json")

"""The ops API's table of routes, all behind the admin token."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from service.auth import AdminOnly
from service.ops import (
    capture,
    connections,
    dead_letters,
    deliveries,
    doctor,
    events,
    fields,
    replays,
    stats,
    subscribers,
    syncs,
    timelines,
)
from service.state import Request

Handler = Callable[[Request], Awaitable[Response]]


def routes() -> list[BaseRoute]:
    """Return what belongs under `/ops/v1`; without the token even an unknown path is 401."""
    return [Mount("", app=AdminOnly(Router(_table(), redirect_slashes=False)))]


def _table() -> list[Route]:
    return [
        _at("/connections", GET=connections.listed, POST=connections.create),
        _at(
            "/connections/{id}",
            GET=connections.show,
            PATCH=connections.update,
            DELETE=connections.remove,
        ),
        _at("/connections/{id}/check", GET=connections.check),
        _at("/connections/{id}/capture", POST=capture.capture),
        _at("/connections/{id}/sync", GET=syncs.show, POST=syncs.begin),
        _at("/connections/{id}/fields", GET=fields.listed),
        # A field's key is what the company called it, slashes and all.
        _at("/connections/{id}/fields/{key:path}", PATCH=fields.update, DELETE=fields.remove),
        _at("/subscribers", GET=subscribers.listed, POST=subscribers.create),
        _at(
            "/subscribers/{id}",
            GET=subscribers.show,
            PATCH=subscribers.update,
            DELETE=subscribers.remove,
        ),
        _at("/subscribers/{id}/pause", POST=subscribers.pause),
        _at("/subscribers/{id}/resume", POST=subscribers.resume),
        _at("/subscribers/{id}/rotate-secret", POST=subscribers.rotate_secret),
        _at("/subscribers/{id}/test", POST=subscribers.test),
        _at("/event-types", GET=events.types),
        _at("/events", GET=events.listed),
        _at("/events/{id}", GET=events.show),
        _at("/records/{model}/{id}/timeline", GET=timelines.show),
        _at("/deliveries", GET=deliveries.listed),
        _at("/deliveries/{id}", GET=deliveries.show),
        _at("/deliveries/{id}/retry", POST=deliveries.retry),
        _at("/dead-letters", GET=dead_letters.listed),
        _at("/dead-letters/{id}", GET=dead_letters.show, DELETE=dead_letters.discard),
        _at("/dead-letters/{id}/replay", POST=dead_letters.replay),
        _at("/replays", GET=replays.listed, POST=replays.create),
        _at("/replays/{id}", GET=replays.show),
        _at("/replays/{id}/pause", POST=replays.pause),
        _at("/replays/{id}/resume", POST=replays.resume),
        _at("/replays/{id}/cancel", POST=replays.cancel),
        _at("/stats", GET=stats.show),
        _at("/doctor", GET=doctor.show),
    ]


def _at(path: str, **by_method: Handler) -> Route:
    """Return one route for all methods of a path, so that 405 names every one that is allowed."""

    async def endpoint(request: Request) -> Response:
        return await by_method["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, endpoint, methods=list(by_method))

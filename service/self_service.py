"""What a subscriber may do itself, at `/self/v1` with its access token: look after its own, nothing else.

Every handler is the ops API's, asked in the subscriber's name: its id takes the place of the path's, and the
store it sees (`service.sight`) holds nothing of anybody else.
"""

from functools import wraps
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router

from service.auth import Guard
from service.callers import Caller
from service.core.delivery.bodies import bytes_of
from service.core.delivery.rendering import content_type
from service.core.store.store import Store
from service.ops import dead_letters, deliveries, signing_keys, subscribers
from service.ops.bodies import unknown
from service.ops.endpoint import Handler, at
from service.problems import Problem
from service.state import Request

GONE = "its event is gone: erased, or older than the retention"


def routes() -> list[BaseRoute]:
    """Return what belongs under `/self/v1`."""
    table = [
        at("/subscriber", GET=_mine(subscribers.show)),
        at("/subscriber/pause", POST=_mine(subscribers.pause)),
        at("/subscriber/resume", POST=_mine(subscribers.resume)),
        at("/subscriber/rotate-secret", POST=_mine(subscribers.rotate_secret)),
        at("/subscriber/rotate-key", POST=_mine(signing_keys.rotate)),
        at("/subscriber/test", POST=_mine(subscribers.test)),
        at("/deliveries", GET=_of_mine(deliveries.listed)),
        at("/deliveries/{id}", GET=deliveries.show),
        at("/deliveries/{id}/payload", GET=payload),
        at("/dead-letters", GET=_of_mine(dead_letters.listed)),
        at("/dead-letters/{id}", GET=dead_letters.show),
        at("/dead-letters/{id}/replay", POST=dead_letters.replay),
    ]
    return [Mount("", app=Guard(Router(table, redirect_slashes=False), "self"))]


async def payload(request: Request) -> Response:
    """Give the bytes that a delivery sends, as they are sent."""
    store: Store = request.state["store"]
    delivery = await deliveries.found(store, request.path_params["id"])
    subscriber = await store.subscribers.get(delivery.s)
    if subscriber is None:
        raise unknown("delivery", delivery.id)
    lifetime_s = request.state["settings"].retention_s
    rendered = await bytes_of(store, subscriber, delivery, _Bodies(), lifetime_s)
    if rendered is None:
        raise Problem(410, GONE)
    return Response(rendered.body, media_type=content_type(subscriber.wanted.format))


class _Bodies(dict[tuple[str, str], bytes]):
    """Bytes by (event, form), for one request."""

    def put(self, key: tuple[str, str], value: bytes) -> None:
        """Keep."""
        self[key] = value


def _mine(handler: Handler) -> Handler:
    """Ask a handler about the caller's own subscriber."""

    @wraps(handler)
    async def asked(request: Request) -> Response:
        request.scope["path_params"] = {"id": _own(request)}
        return await handler(request)

    return asked


def _of_mine(handler: Handler) -> Handler:
    """Ask a list for what is the caller's own, so that it does not look through everybody's."""

    @wraps(handler)
    async def asked(request: Request) -> Response:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if name != "subscriber_id"]
        query = urlencode([*kept, ("subscriber_id", _own(request))])
        scope = {**request.scope, "query_string": query.encode()}
        return await handler(Request(scope, request.receive))

    return asked


def _own(request: Request) -> str:
    caller: Caller = request.state["caller"]
    return str(caller.subscriber_id)

"""Every operation that an app serves, found by walking its routes: none is described by hand."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp

from service.auth import Guard
from service.openapi.route import Described

OPEN: Final = ""
ANY: Final = "any"
READS: Final = frozenset({"HEAD"})


class Operation(NamedTuple):
    """One method of one path."""

    path: str  # with converters, as it is routed
    method: str
    handler: Callable[..., Any]
    needs: str  # a scope; ANY key of ours; OPEN to everybody


def operations(
    routes: Iterable[BaseRoute], prefix: str = "", needs: str = OPEN
) -> Iterator[Operation]:
    """Yield the operations of these routes and of all that is mounted below them."""
    for route in routes:
        match route:
            case Described():
                for method, handler in route.handlers.items():
                    wanted = needs if route.needs is None else route.needs or ANY
                    yield Operation(prefix + route.path, method, handler, wanted)
            case Route(endpoint=object(handlers=dict() as handlers, needs=str(wanted))):
                for method, handler in handlers.items():
                    yield Operation(prefix + route.path, method, handler, wanted)
            case Mount():
                yield from _below(route.app, prefix + route.path, needs)
            case Route(endpoint=handler) if not isinstance(handler, Starlette):
                wanted = route.app.needs if isinstance(route.app, Guard) else needs
                for method in sorted((route.methods or set()) - READS):
                    yield Operation(prefix + route.path, method, handler, wanted)


def _below(app: ASGIApp, prefix: str, needs: str) -> Iterator[Operation]:
    match app:
        case Guard(app=inner, needs=wanted):
            yield from _below(inner, prefix, wanted)
        case Starlette():
            yield from operations(app.routes, prefix, needs)
        case Router():
            yield from operations(app.routes, prefix, needs)
            if isinstance(app.default, Starlette):
                yield from _below(app.default, prefix, needs)
        case object(app=Starlette() as inner):
            yield from _below(inner, prefix, needs)

"""Every route of Truto's API that is served, in one app whose refusals are in Truto's envelope."""

from collections.abc import Iterable
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import URLPath
from starlette.requests import Request as AnyRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

from service.truto.envelope import HANDLERS, Refused, answer_to
from service.truto.routes import routes as unified
from service.truto.routes_proxy import routes as live_and_platform

PARTS: Final = (unified, live_and_platform)
"""What gives routes, each with its whole path."""


def surface() -> BaseRoute:
    """Return the one route that leads to everything of Truto's."""
    app = Starlette(
        routes=[route for part in PARTS for route in part()],
        exception_handlers={**HANDLERS, 404: _unknown},
    )
    app.router.redirect_slashes = False
    return Surface(app, _firsts(app.routes))


class Surface(BaseRoute):
    """A route by the first part of a path, which stays on it: one app has all of Truto's paths."""

    def __init__(self, app: ASGIApp, firsts: frozenset[str]) -> None:
        self.app = app
        self.firsts = firsts

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a path is Truto's."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        first = path.lstrip("/").partition("/")[0]
        return (Match.FULL if first in self.firsts else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Name no paths."""
        raise NoMatchFound(name, dict(path_params))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self.app(scope, receive, send)


def _firsts(routes: Iterable[BaseRoute]) -> frozenset[str]:
    paths = (str(getattr(route, "path", "")) for route in routes)
    return frozenset(path.split("/")[1] for path in paths if path.startswith("/"))


async def _unknown(request: AnyRequest, _: Exception) -> Response:
    path = request.scope["path"][:200]
    return answer_to(Refused(404, f"there is no {request.method} {path}"))

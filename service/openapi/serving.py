"""`GET /openapi.json`: the document of the very app that serves it, made when it is first asked for."""

from typing import Final

import orjson
from starlette.applications import Starlette
from starlette.responses import Response

from service.openapi.document import document
from service.state import Request

PATH: Final = "/openapi.json"
CACHED: Final = {"cache-control": "public, max-age=300"}


async def openapi(request: Request) -> Response:
    """Describe everything that is served."""
    return Response(printed(request.app), 200, CACHED, media_type="application/json")


def printed(app: Starlette) -> bytes:
    """Return an app's document as JSON."""
    if not hasattr(app.state, "openapi"):
        app.state.openapi = orjson.dumps(document(app), option=orjson.OPT_INDENT_2)
    made: bytes = app.state.openapi
    return made

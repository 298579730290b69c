"""`/custom/{any path}`: a request to Recruitee's API as the caller words it, below the account's company."""

import re
from typing import Any, Final

import orjson
from starlette.responses import Response

from service.core.store.connections import Connection
from service.kombo.bodies import raw
from service.kombo.outbound import Lanes
from service.state import Request
from service.truto.entry import Handler, live, note
from service.truto.forwarding import MOST_BODY, remote
from service.truto.once import JSON_TYPE, Wanted
from service.truto.remote import sent, verbatim

AT: Final = "/custom/"
STRIPPED: Final = "methodConfig"
"""Would tell Truto to call something else than the path: it is never followed."""
VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+[\x20-\x7e]{0,200}")


def handler(lanes: Lanes) -> Handler:
    """Return the handler of every verb; the audit names no person."""

    @live
    async def forwarded(request: Request, connection: Connection) -> Response:
        said = await sent(request, lanes, connection, await _wanted(request, connection))
        return verbatim(said, connection.api_token.get_secret_value())

    async def handled(request: Request) -> Response:
        """Send one request to Recruitee's API; its answer is passed on as it is."""
        note(request, path="{path}")  # whatever stands in it may be somebody's address
        return await forwarded(request)

    return handled


async def _wanted(request: Request, connection: Connection) -> Wanted:
    """Return what is to be asked; raises Refused."""
    path, params = _path(request, connection.company_id), remote(request)
    method = "GET" if request.method == "HEAD" else request.method
    if method == "GET":
        return Wanted(method, path, params)
    kind = request.headers.get("content-type", JSON_TYPE)
    body = _stripped(await raw(request, MOST_BODY))
    return Wanted(method, path, params, body, kind if _TYPE.fullmatch(kind) else JSON_TYPE)


def _path(request: Request, company: str) -> str:
    """Return the path below the company, as it was encoded; the company itself may stand before it."""
    encoded: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = encoded.decode("latin-1").partition(AT)[2]
    own = f"c/{company}/"
    return path.removeprefix(own)


def _stripped(body: bytes) -> bytes:
    if STRIPPED.encode() not in body:
        return body
    try:
        fields: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(fields, dict) or STRIPPED not in fields:
        return body
    return orjson.dumps({name: value for name, value in fields.items() if name != STRIPPED})

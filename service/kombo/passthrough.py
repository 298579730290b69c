"""Requests that are passed through to Recruitee as the caller words them, with our token, as Kombo does.

What is answered upstream is reported, whatever its status; the envelope's errors are ours alone.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

from service.core.store.connections import Connection
from service.kombo.bodies import large
from service.kombo.confined import address, template
from service.kombo.crowd import Live
from service.kombo.entry import TOOL, note
from service.kombo.envelope import INPUT_INVALID, Refused, passed_on
from service.kombo.fetching import files_of
from service.kombo.outbound import Call, Lanes, Said
from service.kombo.relaying import asked_once, headers_of_answer, look_soon, masked
from service.kombo.wording import Forwarded, body_of, headers_of
from service.openapi.route import takes
from service.state import Request

APIS: Final = ("default", "v1")
MOST_BODY: Final = 17 * 1024 * 1024
"""Files of 12 MiB in base64, and what is said of them."""
NOT_TEXT: Final = "the answer is no text: ask with response_as_base64 for its bytes as they are"
NO_OPTIONS: Final = "api_options: Recruitee's API has none"


def passes(lanes: Lanes) -> Live:
    """Return the handler."""

    @takes(Forwarded)
    async def passthrough(request: Request, connection: Connection) -> Response:
        """Send one request to Recruitee's API, below the integration's company."""
        _is_served(request.path_params, connection)
        asked = Forwarded.model_validate(await large(request, MOST_BODY))
        call, warnings = await _worded(request, connection, asked)
        note(request, call=f"{call.method} {template(call.url, request.state['recruitee'].base)}")
        said = await asked_once(request, lanes, connection, call)
        note(request, answered=str(said.status))
        if call.method != "GET" and 200 <= said.status < 300:
            await look_soon(request.state["store"], connection)
        token = connection.api_token.get_secret_value()
        data, more = _shown(call, said, token, as_base64=bool(asked.response_as_base64))
        return passed_on(data, warnings + more)

    return passthrough


def _is_served(path: Mapping[str, str], connection: Connection) -> None:
    if path["tool"] != TOOL or path["api"] not in APIS:
        detail = f"there is no API {path['tool'][:40]}/{path['api'][:40]}; it is {TOOL}/default"
        raise Refused(404, INPUT_INVALID, detail)
    if connection.disabled:
        raise Refused(409, None, "this integration is switched off; switch it on first")


async def _worded(
    request: Request, connection: Connection, asked: Forwarded
) -> tuple[Call, list[str]]:
    """Return the request to send and warnings; raises Refused."""
    state = request.state
    url = address(
        state["recruitee"].base, connection.company_id, asked.path, asked.params or {}
    )  # fmt: skip
    headers, left_out = headers_of(asked, connection.api_token.get_secret_value())
    files = await files_of(asked, state["settings"])
    warnings = [*left_out, *([NO_OPTIONS] if asked.api_options else [])]
    return Call(asked.method, url, headers, body_of(asked, files)), warnings


def _shown(
    call: Call, said: Said, token: str, *, as_base64: bool
) -> tuple[dict[str, Any], list[str]]:
    body = masked(said.body, token)
    data, warnings = (base64.b64encode(body).decode(), []) if as_base64 else _read(said, body)
    headers = headers_of_answer(said, token)
    shown = {
        "url": str(call.url),
        "status": said.status,
        "headers": {name: v if len(v) > 1 else v[0] for name, v in headers.items()},
        "data": data,
    }
    return shown, warnings


def _read(said: Said, body: bytes) -> tuple[Any, list[str]]:
    """Return an answer as JSON if it says that it is, else as text."""
    if not body:
        return None, []
    if "json" in said.headers.get("content-type", "").lower():
        try:
            return orjson.loads(body), []
        except orjson.JSONDecodeError:
            pass
    try:
        return body.decode(), []
    except UnicodeDecodeError:
        return body.decode(errors="replace"), [NOT_TEXT]

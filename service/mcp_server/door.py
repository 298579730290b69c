"""The way in to `/mcp`: Host and Origin, who asks, and a body that is one message; then the protocol.

What is refused here is answered as JSON-RPC, with the HTTP status that says why; nothing that was sent is
quoted. A token in the path stands for one connection and some tools, and is never written to a log.
"""

import asyncio
import re
from typing import Any, Final, NamedTuple

import orjson
from mcp_types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth import Refusal, address_of, authorize, seen_by
from service.callers import Caller
from service.core.errors import StoreUnavailable
from service.mcp_server.calling import Asking
from service.mcp_server.hosts import host_fits, origin_fits
from service.mcp_server.protected import challenge
from service.mcp_server.server import ASKING, BODY_MOST
from service.mcp_server.table import chosen
from service.state import State

READ_WITHIN_S: Final = 30.0
METHOD: Final = re.compile(r"[A-Za-z0-9_/.-]{1,64}")
REFUSED: Final = -32000
JSON_ONLY: Final = [(b"content-type", b"application/json"),
                    (b"accept", b"application/json, text/event-stream")]  # fmt: skip
NO_TOKEN: Final = "this MCP address is unknown, has expired or was taken back"  # noqa: S105 - words


class Refused(NamedTuple):
    """What is answered instead."""

    status: int
    message: str
    code: int = REFUSED
    headers: dict[str, str] | None = None


class Let(NamedTuple):
    """Who was let in, and what the answer is to say of their rate."""

    asking: Asking
    headers: dict[str, str]


class Door:
    """Lets requests of `/mcp` and `/mcp/{token}` through to the protocol."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request, and hand it on."""
        try:
            found = await self._judged(scope, receive)
        except StoreUnavailable:
            found = Refused(
                503, "the store does not answer; try again", headers={"retry-after": "2"}
            )
        if isinstance(found, Refused):
            return await _refusal(found)(scope, receive, send)
        let, body = found
        inside = {
            **scope,
            ASKING: let.asking,
            "path": "/mcp",
            "raw_path": b"/mcp",
            "headers": [each for each in scope["headers"] if _is_passed_on(each[0])] + JSON_ONLY,
        }
        await self._inner(inside, _again(body, receive), _saying(send, let.headers))

    async def _judged(self, scope: Scope, receive: Receive) -> tuple[Let, bytes] | Refused:
        state: State = scope["state"]
        if refused := _at_the_door(scope, state):
            return refused
        token = scope["path"].removeprefix("/mcp").strip("/")
        let = await (_by_token(scope, state, token) if token else _by_bearer(scope, state))
        if isinstance(let, Refused):
            return let
        body = await _read(scope, receive)
        if isinstance(body, Refused):
            return body
        message = _message(body, filled=bool(token))
        return message if isinstance(message, Refused) else (let, message)


def _at_the_door(scope: Scope, state: State) -> Refused | None:
    given = dict(scope["headers"])
    if not host_fits(state["settings"], given.get(b"host", b"").decode("latin-1")):
        return Refused(421, "this host is not known here: set HIREWIRE_PUBLIC_URL to it")
    origin = given.get(b"origin")
    if origin is not None and not origin_fits(state["settings"], origin.decode("latin-1")):
        return Refused(403, "pages of another origin may not ask here")
    if scope["method"] != "POST":
        return Refused(
            405, "send messages by POST; there are no streams", headers={"allow": "POST"}
        )
    return None


async def _by_bearer(scope: Scope, state: State) -> Let | Refused:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    found = await authorize(state, address_of(scope), given, None)
    if isinstance(found, Refusal):
        more = challenge(scope) if found.status == 401 else {}
        return Refused(found.status, found.detail, headers={**found.headers, **more})
    if found.caller.kind == "subscriber":
        return Refused(403, "a subscriber's access token is not for tools")
    return Let(_asking(state, found.caller), dict(found.headers))


async def _by_token(scope: Scope, state: State, secret: str) -> Let | Refused:
    used = await state["store"].mcp_tokens.use(secret)
    if used is None:
        state["throttle"].failed(address_of(scope))
        return Refused(401, NO_TOKEN)
    if used.too_often:
        return Refused(429, "too many requests in this minute", headers={"retry-after": "60"})
    token, headers = used.token, {}
    scopes: Any = frozenset(token.scopes)
    if token.require_api_token_auth:
        also = await _by_bearer(scope, state)
        if isinstance(also, Refused):
            return also
        seen = also.asking.caller.connection_ids
        if seen is not None and token.connection_id not in seen:
            return Refused(403, "this key may not see the connection of this address")
        scopes, headers = scopes & also.asking.caller.scopes, also.headers
    caller = Caller("key", token.id, token.name, scopes, frozenset({token.connection_id}))
    tools = frozenset(tool.name for tool in chosen(token.methods, token.tags))
    return Let(_asking(state, caller, tools), headers)


def _asking(state: State, caller: Caller, allowed: frozenset[str] | None = None) -> Asking:
    store: Any = seen_by(caller, state)
    return Asking(caller, store, state["settings"], allowed)


async def _read(scope: Scope, receive: Receive) -> bytes | Refused:
    length = dict(scope["headers"]).get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > BODY_MOST:
        return _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > BODY_MOST:
                    return _too_large()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        return Refused(408, "the body came too slowly", headers={"connection": "close"})


def _too_large() -> Refused:
    said = f"a message may have {BODY_MOST // 1_000_000} MB at most"
    return Refused(413, said, headers={"connection": "close"})


def _message(body: bytes, *, filled: bool) -> bytes | Refused:
    """Return the one message of a body; `filled`: what Truto's SDK leaves out is put in."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Refused(400, "the body is not JSON", PARSE_ERROR)
    if not isinstance(message, dict):
        return Refused(400, "send one JSON-RPC message: batches are not taken", INVALID_REQUEST)
    if filled:
        message.setdefault("jsonrpc", "2.0")
        if not str(message.get("method")).startswith("notifications/"):
            message.setdefault("id", 1)
    if message.get("jsonrpc") != "2.0":
        return Refused(400, 'jsonrpc: must be "2.0"', INVALID_REQUEST)
    if problem := _problem(message):
        return Refused(400, problem, INVALID_PARAMS if "params" in problem else INVALID_REQUEST)
    return orjson.dumps(message) if filled else body


def _problem(message: dict[str, Any]) -> str | None:
    """Say what is wrong with a message, so that nobody else has to say it with the message in it."""
    method, params, i = message.get("method"), message.get("params"), message.get("id")
    if not isinstance(method, str) or not METHOD.fullmatch(method):
        return "method: must be the name of one"
    if "id" in message and (isinstance(i, bool) or not isinstance(i, str | int)):
        return "id: must be a text or a whole number"
    if params is not None and not isinstance(params, dict):
        return "params: must be an object"
    if params is not None and not isinstance(params.get("_meta", {}), dict):
        return "params._meta: must be an object"
    if method == "tools/call":
        if not isinstance((params or {}).get("name"), str):
            return "params.name: must be a text"
        if not isinstance((params or {}).get("arguments") or {}, dict):
            return "params.arguments: must be an object"
    cursor = (params or {}).get("cursor")
    if method == "tools/list" and cursor is not None and not isinstance(cursor, str):
        return "params.cursor: must be a text"
    return None


def _refusal(refused: Refused) -> Response:
    error = {"code": refused.code, "message": refused.message}
    body = orjson.dumps({"jsonrpc": "2.0", "id": None, "error": error})
    return Response(body, refused.status, refused.headers, media_type="application/json")


def _is_passed_on(name: bytes) -> bool:
    # The caller's secret ends here; what the body is and may be answered with is ours to say.
    return name not in (b"authorization", b"content-type", b"accept", b"content-length")


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read, then what comes of the connection."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return left.pop() if left else await receive()

    return received


def _saying(send: Send, headers: dict[str, str]) -> Send:
    more = [(name.encode(), value.encode()) for name, value in headers.items()]
    more.append((b"cache-control", b"no-store"))

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sent

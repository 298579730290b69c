"""The way in to `/mcp`: Host and Origin, who asks, and a body that is one message; then the protocol.

What is refused here is answered as JSON-RPC, with the HTTP status that says why; nothing that was sent is
quoted. A token in the path stands for one connection and some tools, and is never written to a log.
"""

import asyncio
import hashlib
import math
from typing import Any, Final, NamedTuple

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.auth import TOO_OFTEN, Refusal, address_of, authorize, seen_by
from service.callers import Caller
from service.core.errors import StoreUnavailable
from service.mcp_server.calling import Asking
from service.mcp_server.hosts import host_fits, origin_fits
from service.mcp_server.issuer import Issuer
from service.mcp_server.message import Refused, message_of
from service.mcp_server.protected import challenge, resource_of
from service.mcp_server.server import ASKING, BODY_MOST
from service.mcp_server.table import chosen
from service.state import State

READ_WITHIN_S: Final = 30.0
TOKEN_MOST: Final = 16_384
JSON_ONLY: Final = [(b"content-type", b"application/json"),
                    (b"accept", b"application/json, text/event-stream")]  # fmt: skip
NO_TOKEN: Final = "this MCP address is unknown, has expired or was taken back"  # noqa: S105 - words


class Let(NamedTuple):
    """Who was let in, and what the answer is to say of their rate."""

    asking: Asking
    headers: dict[str, str]


class Door:
    """Lets requests of `/mcp` and `/mcp/{token}` through to the protocol."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self._issuer = Issuer()

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
        if token:
            let = await _by_token(scope, state, token)
        else:
            let = await self._by_issuer(scope, state) or await _by_bearer(scope, state)
        if isinstance(let, Refused):
            return let
        body = await _read(scope, receive)
        if isinstance(body, Refused):
            return body
        message = message_of(body, filled=bool(token))
        return message if isinstance(message, Refused) else (let, message)

    async def _by_issuer(self, scope: Scope, state: State) -> Let | None:
        """Let in who holds a token of the issuer that is set; None: it is none, ask further."""
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kind, _, token = given.partition(" ")
        looks_so = kind.lower() == "bearer" and token.count(".") == 2 and len(token) <= TOKEN_MOST
        if state["settings"].mcp_issuer is None or not looks_so:
            return None
        settings = state["settings"]
        caller = await self._issuer.caller(settings, resource_of(settings, scope), token.strip())
        return None if caller is None else Let(_asking(state, caller), {})


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
    throttle, address = state["throttle"], address_of(scope)
    digest = hashlib.sha256(secret.encode()).digest()
    if closed_s := throttle.closed_s(address, digest):
        return Refused(429, TOO_OFTEN, headers={"retry-after": str(math.ceil(closed_s))})
    used = await state["store"].mcp_tokens.use(secret)
    if used is None:
        throttle.failed(address)
        return Refused(401, NO_TOKEN)
    throttle.passed(digest)
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

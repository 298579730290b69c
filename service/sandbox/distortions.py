"""Answers that differ from what is documented: keys gone, new or of another type, pages that lie."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.sandbox.answers import forbidden
from service.sandbox.knobs import Dials, Knobs, Role
from service.sandbox.parsing import whole
from service.sandbox.records import Json

Query = dict[str, str]
TOTALS = {"total", "total_count"}
CLOSED: dict[Role, tuple[str, ...]] = {
    "admin": (),
    "recruiter": ("/roles", "/audit_log", "/gdpr", "POST /memberships", "PATCH /memberships",
                  "DELETE /memberships", "POST /locations", "POST /departments"),
    "hiring_manager": ("/roles", "/memberships", "/audit_log", "/gdpr", "/tracking/activities",
                       "/interview/results", "/search", "POST", "PATCH", "DELETE"),
}  # fmt: skip
"""What a profile may not do, as prefixes of paths or of methods with paths; our invention."""


class Distorted:
    """Refuses what the role may not see, turns pages, and rewrites JSON answers under `/c/`."""

    def __init__(self, app: ASGIApp, dials: Dials) -> None:
        self._app = app
        self._dials = dials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer in its place."""
        if scope["type"] != "http" or not scope["path"].startswith("/c/"):
            await self._app(scope, receive, send)
            return
        knobs, path = self._dials.knobs, behind(scope["path"])
        refused = _refused(knobs, scope["method"], path)
        if refused is not None:
            await refused(scope, receive, send)
            return
        if scope["method"] == "GET" and path.startswith(knobs.distort_prefix):
            scope = _turned(scope, knobs)
            send = _rewritten(send, knobs) if _rewrites(knobs) else send
        await self._app(scope, receive, send)


def behind(path: str) -> str:
    """Return the path behind `/c/{company}`."""
    return "/" + path.split("/", 3)[3] if path.count("/") >= 3 else ""


def _refused(knobs: Knobs, method: str, path: str) -> Response | None:
    closed = (*knobs.forbidden, *(CLOSED[knobs.role] if knobs.role else ()))
    named = f"{method} {path}"
    hit = any((named if one[:1] != "/" else path).startswith(one) for one in closed)
    return forbidden() if hit else None


def _turned(scope: Scope, knobs: Knobs) -> Scope:
    """Return the request for something else than what was asked for."""
    if not knobs.repeat_page and not knobs.ignore_params:
        return scope
    asked = parse_qsl(scope["query_string"].decode())
    query = [pair for pair in asked if pair[0] not in knobs.ignore_params]
    turned = [*_repeated(dict(query)).items()] if knobs.repeat_page else query
    return {**scope, "query_string": urlencode(turned).encode()}


def _repeated(query: Query) -> Query:
    """Ask for the page before; for the first one as it is."""
    page, offset = whole(query.get("page"), 1), whole(query.get("offset"))
    if page > 1:
        return {**query, "page": str(page - 1)}
    if offset:
        return {**query, "offset": str(max(offset - whole(query.get("limit"), 100), 0))}
    return query


def _rewrites(knobs: Knobs) -> bool:
    return bool(
        knobs.drop_keys or knobs.add_keys or knobs.retype_keys or knobs.total_offset
    )  # fmt: skip


def _rewritten(send: Send, knobs: Knobs) -> Send:
    held: list[Message] = []
    parts: list[bytes] = []

    async def rewrite(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = _body(b"".join(parts), held[0]["status"], knobs)
        headers = [(k, v) for k, v in held[0]["headers"] if k.lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({**held[0], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return rewrite


def _body(raw: bytes, status: int, knobs: Knobs) -> bytes:
    if status != 200 or not raw.startswith(b"{"):
        return raw
    return orjson.dumps({key: _value(key, one, knobs) for key, one in orjson.loads(raw).items()})


def _value(key: str, value: Any, knobs: Knobs) -> Any:
    """Rewrite one part of an answer: totals lie, records lose, gain and change keys."""
    if key in TOTALS and isinstance(value, int):
        return max(value + knobs.total_offset, 0)
    if isinstance(value, list):
        return [_value("", one, knobs) for one in value]
    return _record(value, knobs) if isinstance(value, dict) else value


def _record(one: Json, knobs: Knobs) -> Json:
    kept = {
        key: RETYPES[knobs.retype_keys[key]](value)
        if key in knobs.retype_keys
        else _value(key, value, knobs)
        for key, value in one.items()
        if key not in knobs.drop_keys
    }
    return {**kept, **knobs.add_keys} if "id" in one else kept


RETYPES: dict[str, Any] = {
    "string": str,
    "number": lambda _: 42.5,
    "list": lambda value: [value],
    "object": lambda value: {"value": value},
    "null": lambda _: None,
}

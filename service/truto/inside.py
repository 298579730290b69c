"""Ask this very surface from within, by the same way in as from without."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import orjson
from starlette.types import Message

from service.state import Request
from service.truto.envelope import Refused

MOST_BYTES: Final = 16 * 1024 * 1024
PASSED_ON: Final = (b"authorization", b"host")


class Said(NamedTuple):
    """An answer."""

    status: int
    data: Any
    size: int = 0  # bytes

    @property
    def good(self) -> bool:
        """Whether it is no refusal."""
        return self.status < 400


async def ask(
    request: Request,
    method: str,
    path: str,
    query: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Said:
    """Send a request in the name of who sent another; its authorization is looked at again."""
    collected = _Collected()
    await request.app(_scope(request, method, path, query, headers), _once(body), collected.take)
    return collected.said()


def _scope(
    request: Request, method: str, path: str, query: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    kept = ("type", "asgi", "http_version", "scheme", "server", "client")
    passed = [pair for pair in request.scope["headers"] if pair[0] in PASSED_ON]
    own = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        **{name: request.scope[name] for name in kept if name in request.scope},
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [*passed, (b"content-type", b"application/json"), *own],
        "state": dict(request.scope["state"]),
    }


def _once(body: bytes | None) -> Any:
    async def receive() -> Message:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    return receive


class _Collected:
    """An answer as it comes in."""

    def __init__(self) -> None:
        self._status = 500
        self._body = bytearray()
        self._json = False
        self._over = False

    async def take(self, message: Message) -> None:
        """Take a part of it."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            kinds = [value for name, value in message["headers"] if name == b"content-type"]
            self._json = any(kind.startswith(b"application/json") for kind in kinds)
        elif message["type"] == "http.response.body":
            self._over = self._over or len(self._body) + len(message["body"]) > MOST_BYTES
            if not self._over:
                self._body += message["body"]

    def said(self) -> Said:
        """Return it; what is no JSON is no answer that a batch can pass on."""
        if self._over:
            return Said(502, Refused(502, "the answer is too large for a batch").body())
        if not self._json:
            detail = "the answer is no JSON: ask for it by itself"
            return Said(422, Refused(422, detail).body())
        return Said(self._status, orjson.loads(self._body), len(self._body))

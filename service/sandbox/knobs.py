"""The knobs: how the sandbox misbehaves, and the middleware that makes it so under `/c/`."""

import asyncio
from random import Random
from typing import Annotated, Any, Literal, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.sandbox.answers import answer

Probability = Annotated[float, Field(ge=0, le=1)]
Role = Literal["admin", "recruiter", "hiring_manager"]
Kind = Literal["string", "number", "list", "object", "null"]
Count = Annotated[int, Field(ge=0, le=3_600_000)]


class Fault(BaseModel):
    """A scripted failure of the next `count` matching requests.

    `path_prefix` is compared with the whole path and with the part behind `/c/{company}`. With
    `after` the request is carried out first and only its answer is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Annotated[int, Field(ge=200, le=599)] = 503
    count: Annotated[int, Field(ge=1)] = 1
    path_prefix: str = ""
    method: str | None = None
    body: Any = None
    retry_after: float | None = None
    after: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Say whether this fault is meant for the request."""
        behind = "/" + path.split("/", 3)[3] if path.count("/") >= 3 else ""
        wanted = self.method is None or self.method.upper() == method
        return wanted and (path.startswith(self.path_prefix) or behind.startswith(self.path_prefix))


class Knobs(BaseModel):
    """All knobs at their rest: no fault, no delay. Times in the unit that the name ends with.

    `retry_after` null leaves the header out of injected 429s; `truncate` and `empty` are the
    probabilities of half a body and of none; `lag_ms` is how long reads show a changed
    candidate's old state; `webhook_*` act on what is sent, never on what is answered.

    `clock_skew_s` sets Recruitee's clock apart from ours; addresses of files work for `file_ttl_s`.
    `role` is a profile of what the token may do; `forbidden` are prefixes of paths behind
    `/c/{company}` that answer 403. `feed_cursor` says what becomes of a cursor that has vanished;
    entries of the events in `feed_lacks` are not in the feed, for as long as they stand there.
    `shrink_pages` skips so many records from the second page of any list on; below 0 it shows so
    many again. `distort_prefix` limits what follows to some paths: `drop_keys`, `add_keys` (to
    every record), `retype_keys`; parameters in `ignore_params` are ignored in silence;
    `repeat_page` answers each page but the first with the one before it, `total_offset` is added
    to totals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_ms: Count = 0
    latency_jitter_ms: Count = 0
    error_rate: Probability = 0
    error_status: Literal[500, 502, 503] = 503
    rate_429: Probability = 0
    retry_after: float | None = None
    html_errors: bool = False
    truncate: Probability = 0
    empty: Probability = 0
    revoked: bool = False
    hidden_candidates: frozenset[int] = frozenset()
    hidden_offers: frozenset[int] = frozenset()
    lag_ms: Count = 0
    clock_skew_s: Annotated[float, Field(ge=-31_536_000, le=31_536_000)] = 0
    file_ttl_s: Annotated[int, Field(ge=1, le=86_400)] = 900
    role: Role | None = None
    forbidden: tuple[str, ...] = ()
    fair_evaluations: bool = False
    search_ignores_filters: bool = False
    feed_skip: Probability = 0
    feed_repeat: Probability = 0
    feed_reorder: bool = False
    feed_lacks: frozenset[str] = frozenset()
    feed_cursor: Literal["kept", "refused", "ignored"] = "kept"
    distort_prefix: str = ""
    drop_keys: frozenset[str] = frozenset()
    add_keys: dict[str, Any] = Field(default_factory=dict)
    retype_keys: dict[str, Kind] = Field(default_factory=dict)
    ignore_params: frozenset[str] = frozenset()
    repeat_page: bool = False
    shrink_pages: Annotated[int, Field(ge=-1000, le=1000)] = 0
    total_offset: Annotated[int, Field(ge=-10_000_000, le=10_000_000)] = 0
    webhook_loss: Probability = 0
    webhook_duplicate: Probability = 0
    webhook_reorder: Probability = 0
    webhook_reorder_ms: Count = 300
    webhook_retry_base_s: Annotated[float, Field(gt=0, le=3600)] = 1
    webhook_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5
    fail_next: tuple[Fault, ...] = ()

    def without_one(self, fault: Fault) -> "Knobs":
        """Return the knobs after a scripted fault was used once."""
        left = fault.model_copy(update={"count": fault.count - 1})
        rest = tuple(left if one is fault else one for one in self.fail_next)
        return self.model_copy(update={"fail_next": tuple(one for one in rest if one.count)})


class Dials(Protocol):
    """Whatever holds the knobs at present and the randomness that they use."""

    knobs: Knobs
    random: Random


class Faults:
    """Delays, refuses or spoils requests under `/c/` as the knobs say."""

    def __init__(self, app: ASGIApp, dials: Dials) -> None:
        self._app = app
        self._dials = dials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer in its place."""
        if scope["type"] != "http" or not scope["path"].startswith("/c/"):
            await self._app(scope, receive, send)
            return
        await self._delay()
        fault = self._scripted(scope["method"], scope["path"])
        if fault is not None and fault.after:
            await self._app(scope, receive, _swallow)
        refused = self._refused(fault)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, self._spoiled(send))

    async def _delay(self) -> None:
        knobs = self._dials.knobs
        wait_ms = knobs.latency_ms + self._dials.random.random() * knobs.latency_jitter_ms
        if wait_ms:
            await asyncio.sleep(wait_ms / 1000)

    def _scripted(self, method: str, path: str) -> Fault | None:
        knobs = self._dials.knobs
        found = next((one for one in knobs.fail_next if one.matches(method, path)), None)
        if found is not None:
            self._dials.knobs = knobs.without_one(found)
        return found

    def _refused(self, fault: Fault | None) -> Response | None:
        knobs = self._dials.knobs
        if fault is not None:
            return _failure(fault.status, fault.retry_after, fault.body, html=knobs.html_errors)
        if self._happens(knobs.rate_429):
            return _failure(429, knobs.retry_after, None, html=knobs.html_errors)
        if self._happens(knobs.error_rate):
            return _failure(knobs.error_status, None, None, html=knobs.html_errors)
        return None

    def _spoiled(self, send: Send) -> Send:
        if self._happens(self._dials.knobs.empty):
            return _cut(send, keep=0)
        if self._happens(self._dials.knobs.truncate):
            return _cut(send, keep=0.5)
        return send

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._dials.random.random() < probability


def _failure(status: int, retry_after: float | None, body: Any, *, html: bool) -> Response:
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    if html and body is None:
        page = f"<html><body><h1>{status}</h1><p>The sandbox was told to fail.</p></body></html>"
        return HTMLResponse(page, status, headers)
    return answer(
        {"error": [_WORDS.get(status, "Error")]} if body is None else body, status, headers
    )


_WORDS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Page not found",
    422: "Unprocessable entity",
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
}


async def _swallow(_: Message) -> None:
    """Drop the answer of a request that was carried out but whose answer is to be lost."""


def _cut(send: Send, keep: float) -> Send:
    """Return a `send` that passes on only a share of the body, with a matching length."""
    held: list[Message] = []

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        body = message.get("body", b"")
        body = body[: int(len(body) * keep)]
        headers = [(k, v) for k, v in held[0]["headers"] if k.lower() != b"content-length"]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({**held[0], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return cut


def merged(knobs: Knobs, patch: dict[str, Any]) -> Knobs:
    """Return the knobs with some turned; raise pydantic's ValidationError for a wrong one."""
    present = knobs.model_dump(mode="json")
    return Knobs.model_validate_json(orjson.dumps({**present, **patch}))

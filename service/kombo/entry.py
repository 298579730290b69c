"""The way in: who asks, for which integration, and what of it is written down."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from service.auth import Refusal, address_of, authorize, seen_by
from service.callers import Caller, Scope
from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.audit import Entry
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.kombo.envelope import (
    INACTIVE,
    NO_INTEGRATION,
    RATE_LIMITED,
    SYNC_PENDING,
    UNAUTHENTICATED,
    Refused,
    answer_to,
    invalid,
)
from service.openapi.route import Described
from service.state import Request

Handler = Callable[[Request], Awaitable[Response]]
INTEGRATION: Final = "X-Integration-Id"
TOOL: Final = "recruitee"
READS: Final = ("GET", "HEAD")
KNOWN_ONLY: Final = "known"
"""Needs no scope: any key of ours will do."""
NOTED: Final = "hirewire.kombo.noted"
log = logger("kombo")


def at(path: str, needs: str, **by_method: Handler) -> Described:
    """Return one route for all methods of a path, open to keys with a scope."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            headers = await _let_in(request, needs)
        except Refused as error:
            return answer_to(error)
        try:
            answer = await by_method[method](request)
            if needs != "passthrough":
                answer = await _said(request, answer)
        except Exception as error:  # noqa: BLE001 - answered here, so that the rate is told with it
            answer = answer_to(error)
        answer.headers.update(headers)
        if method not in READS:
            await _written(request, f"{method} /v1{path}", answer.status_code)
        return answer

    return Described(path, endpoint, by_method, "" if needs == KNOWN_ONLY else needs)


async def _said(request: Request, answer: Response) -> Response:
    """Return an answer with the ids that were taken along in the place of ours."""
    body, c = getattr(answer, "body", b""), request.headers.get(INTEGRATION, "").rpartition(":")[2]
    if not body or not c or answer.media_type != "application/json" or len(c) > 64:
        return answer
    store: Store = request.state["store"]
    (told,) = await store.records.adoption.said(c, [bytes(body)])
    if told != body:
        answer.body = told  # as long as it was: an id stands for an id
    return answer


async def asked_for(request: Request) -> Connection:
    """Return the connection that the header names, in whatever state it is; raises Refused."""
    given = request.headers.getlist(INTEGRATION)
    if len(given) != 1 or not given[0].strip():
        raise invalid(INTEGRATION, "send this header once, with the id of an integration")
    return await named(request, given[0].strip())


async def integration(request: Request) -> Connection:
    """Return the connection that the header names, once it has data; raises Refused."""
    connection = await asked_for(request)
    if connection.disabled:
        raise Refused(403, INACTIVE, "it was switched off; switch it on to use it")
    if not connection.baseline_done:
        detail = "its data can be read once the first sync is done"
        raise Refused(409, SYNC_PENDING, detail, {"retry-after": "5"})
    return connection


async def named(request: Request, integration_id: str) -> Connection:
    """Return the connection of an integration id that the caller may see; raises Refused."""
    store: Store = request.state["store"]
    tool, _, c = integration_id.rpartition(":")
    connection = await store.connections.get(c) if tool in (TOOL, "") and len(c) <= 64 else None
    if connection is None:
        message = f"there is no integration {integration_id[:80]} that this key may see"
        raise Refused(404, NO_INTEGRATION, message)
    return connection


def note(request: Request, **facts: str) -> None:
    """Add to what the audit says of this request; nobody's data."""
    request.scope.setdefault(NOTED, {}).update(facts)


async def _let_in(request: Request, needs: str) -> dict[str, str]:
    """Put the caller and their sight into the request's state; returns headers; raises Refused."""
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    wanted: Scope = "read" if needs == KNOWN_ONLY else needs  # type: ignore[assignment]
    address = address_of(request.scope)
    found = await authorize(request.scope["state"], address, given, wanted)
    if isinstance(found, Refusal):
        if found.status == 403 and needs == KNOWN_ONLY:
            return dict(found.headers)
        code = RATE_LIMITED if found.status == 429 else UNAUTHENTICATED
        raise Refused(found.status, code, found.detail, found.headers)
    state = request.scope["state"]
    state |= {"caller": found.caller, "store": seen_by(found.caller, state)}
    return dict(found.headers)


async def _written(request: Request, action: str, status: int) -> None:
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    targets = {name: str(value)[:80] for name, value in request.path_params.items()}
    if said := request.headers.get(INTEGRATION):
        targets["integration_id"] = said[:80]
    targets |= request.scope.get(NOTED, {})
    entry = Entry(
        actor=caller.kind, actor_id=caller.id, name=caller.name, action=action, targets=targets,
        status=status,
    )  # fmt: skip
    try:
        await store.audit.write(entry)
    except StoreUnavailable as error:
        log.error("audit.not_written", reason=str(error), action=action, status=status)

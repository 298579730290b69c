"""The way in: who asks, for which connection, at what rate, and what of it is written down."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from service.auth import Refusal, address_of, authorize, seen_by
from service.callers import Caller, Scope
from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.audit import Entry
from service.core.store.connections import Connection
from service.core.store.store import Store
from service.kombo.crowd import place
from service.openapi.route import Described
from service.state import Request
from service.truto.envelope import Refused, answer_to, lacking

Handler = Callable[[Request], Awaitable[Response]]
Live = Callable[[Request, Connection], Awaitable[Response]]
ACCOUNT: Final = "integrated_account_id"
TOOL: Final = "recruitee"
READS: Final = ("GET", "HEAD")
WINDOW_S: Final = 60
"""The window in which a key's requests are counted."""
NOTED: Final = "hirewire.truto.noted"
log = logger("truto")


def at(path: str, *, needs: Scope | None = None, **by_method: Handler) -> Described:
    """Return one route for all methods of a path.

    Reads are open to keys with the scope `read` and all else to those with `act`, unless `needs` names
    another; what is not read only, or is passed through, is written into the audit.
    """

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        wanted: Scope = needs or ("read" if method in READS else "act")
        try:
            headers = await _let_in(request, wanted)
        except Exception as error:  # noqa: BLE001 - answered here, in this surface's envelope
            return answer_to(error)
        try:
            answer = await by_method[method](request)
        except Exception as error:  # noqa: BLE001 - answered here, so that the rate is told with it
            answer = answer_to(error)
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        if wanted == "passthrough" or (method not in READS and wanted != "read"):
            await _written(request, f"{method} {path}", answer.status_code)
        return answer

    return Described(path, endpoint, by_method, needs or "read")


def live(handler: Live) -> Handler:
    """Return a handler of what talks to Recruitee: the calls under way of a connection are counted."""

    @functools.wraps(handler)
    async def counted(request: Request) -> Response:
        connection = await account(request)
        async with place(request.state["store"], connection.id) as headers:
            try:
                answer = await handler(request, connection)
            except Exception as error:  # noqa: BLE001 - answered here, so that the places are told
                answer = answer_to(error)
        answer.headers.update(headers)
        return answer

    return counted


async def account(request: Request) -> Connection:
    """Return the connection that the query names, once it has data; raises Refused.

    Who may see one connection only (Truto's token of one account) need not name it.
    """
    given = [value for value in request.query_params.getlist(ACCOUNT) if value.strip()]
    if len(given) > 1:
        raise Refused(422, f"{ACCOUNT}: send it once")
    connection = await named(request, given[0].strip() if given else _only(request))
    if connection.disabled:
        raise Refused(403, "the connection was switched off; switch it on to use it")
    if not connection.baseline_done:
        detail = "the connection's data can be read once the first sync is done"
        raise Refused(503, detail, headers={"retry-after": "5"})
    return connection


async def named(request: Request, account_id: str) -> Connection:
    """Return a connection by its id or its integration id, if the caller may see it; raises Refused."""
    store: Store = request.state["store"]
    tool, _, c = account_id.rpartition(":")
    connection = await store.connections.get(c) if tool in (TOOL, "") and len(c) <= 64 else None
    if connection is None:
        raise Refused(404, f"there is no integrated account {account_id[:80]} for this token")
    request.scope.setdefault(NOTED, {})["connection_id"] = connection.id
    return connection


def _only(request: Request) -> str:
    caller: Caller = request.state["caller"]
    seen = caller.connection_ids or frozenset()
    if len(seen) != 1:
        raise lacking("query", ACCOUNT)
    return next(iter(seen))


def note(request: Request, **facts: str) -> None:
    """Add to what the audit says of this request; nobody's data."""
    request.scope.setdefault(NOTED, {}).update(facts)


async def _let_in(request: Request, needs: Scope) -> dict[str, str]:
    """Put the caller and their sight into the request's state; returns headers; raises Refused."""
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    state = request.scope["state"]
    found = await authorize(state, address_of(request.scope), given, needs)
    if isinstance(found, Refusal):
        raise _not_let_in(found, needs)
    state |= {"caller": found.caller, "store": seen_by(found.caller, state)}
    return _rate(found.headers)


def _not_let_in(found: Refusal, needs: Scope) -> Refused:
    insight: dict[str, Any] = {}
    match found.status:
        case 403:
            insight = {"forbidden_error": {"missing_scopes": [needs]}}
        case 429:
            insight = {"rate_limit_error": None}
    return Refused(found.status, found.detail, insight=insight, headers=_rate(found.headers))


def _rate(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the limit as Truto writes one: so many in so many seconds."""
    said = dict(headers)
    if "ratelimit-limit" in said:
        said["ratelimit-limit"] += f";w={WINDOW_S}"
    return said


async def _written(request: Request, action: str, status: int) -> None:
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    targets = {name: str(value)[:80] for name, value in request.path_params.items()}
    targets |= request.scope.get(NOTED, {})
    entry = Entry(
        actor=caller.kind, actor_id=caller.id, name=caller.name, action=action, targets=targets,
        status=status,
    )  # fmt: skip
    try:
        await store.audit.write(entry)
    except StoreUnavailable as error:
        log.error("audit.not_written", reason=str(error), action=action, status=status)

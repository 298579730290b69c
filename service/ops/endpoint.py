"""One route of a guarded part: which methods, whether a restricted key may use it, and the audit."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.callers import Caller
from service.core.errors import StoreUnavailable
from service.core.logs import logger
from service.core.store.audit import Entry
from service.core.store.store import Store
from service.openapi.route import Described
from service.ops.bodies import unknown
from service.problems import Problem
from service.state import Request

Handler = Callable[[Request], Awaitable[Response]]
READS: Final = ("GET", "HEAD")
MAX_TARGET = 80
MAX_READ = 64 * 1024
NAMED_TARGETS: Final = "hirewire.targets"
TARGETS: Final = ("delivery_id", "event_id", "replay_id")
log = logger("audit")

NARROWED: Final = frozenset(
    {
        "GET /connections",
        "GET /connections/{id}",
        "PATCH /connections/{id}",
        "DELETE /connections/{id}",
        "GET /connections/{id}/check",
        "POST /connections/{id}/capture",
        "GET /connections/{id}/sync",
        "POST /connections/{id}/sync",
        "POST /connections/{id}/reconcile",
        "GET /connections/{id}/ledger",
        "GET /connections/{id}/adoptions",
        "POST /connections/{id}/adoptions",
        "DELETE /connections/{id}/adoptions/{run}",
        "POST /connections/{id}/adoptions/{run}/rows",
        "POST /connections/{id}/adoptions/{run}/keep",
        "GET /connections/{id}/fields",
        "PATCH /connections/{id}/fields/{key:path}",
        "DELETE /connections/{id}/fields/{key:path}",
        "POST /connections/{id}/trigger",
        "GET /subscribers",
        "POST /subscribers",
        "GET /subscribers/{id}",
        "PATCH /subscribers/{id}",
        "DELETE /subscribers/{id}",
        "POST /subscribers/{id}/pause",
        "POST /subscribers/{id}/resume",
        "POST /subscribers/{id}/rotate-secret",
        "POST /subscribers/{id}/rotate-key",
        "POST /subscribers/{id}/challenge",
        "POST /subscribers/{id}/test",
        "GET /event-types",
        "GET /events",
        "GET /events/{id}",
        "GET /records/{model}/{id}/timeline",
        "GET /explain",
        "GET /deliveries",
        "GET /deliveries/{id}",
        "POST /deliveries/{id}/retry",
        "POST /deliveries/{id}/skip",
        "GET /dead-letters",
        "GET /dead-letters/{id}",
        "DELETE /dead-letters/{id}",
        "POST /dead-letters/{id}/replay",
    }
)
"""What a key that is for some connections may use: all of it goes through what `service.sight` narrows.
What is not named here is closed to such keys, so that a new route never shows too much."""


def at(path: str, **by_method: Handler) -> Described:
    """Return one route for all methods of a path, so that 405 names every one that is allowed."""

    async def endpoint(request: Request) -> Response:
        handler = by_method["GET" if request.method == "HEAD" else request.method]
        if request.method in READS:
            _admit(request, path)
            return await handler(request)
        return await _audited(request, path, handler)

    return Described(path, endpoint, by_method)


def base_of(request: Request) -> str:
    """Return the address at which we are reached, without a slash at the end."""
    return str(request.state["settings"].public_url or request.base_url).rstrip("/")


def target(request: Request, **ids: str) -> None:
    """Name, for the audit, what a call is about beyond what its path and its answer say; ids only."""
    request.scope.setdefault(NAMED_TARGETS, {}).update(ids)


def _admit(request: Request, path: str) -> None:
    """Refuse what a key that is for some connections may not ask; raises Problem 403, 404."""
    caller: Caller = request.state["caller"]
    if caller.kind == "subscriber" or caller.connection_ids is None:
        return
    method = "GET" if request.method == "HEAD" else request.method
    if f"{method} {path}" not in NARROWED:
        raise Problem(403, "this key is for some connections only, and this is not part of one")
    for c in request.query_params.getlist("connection_id"):
        if c not in caller.connection_ids:
            raise unknown("connection", c)


async def _audited(request: Request, path: str, handler: Handler) -> Response:
    """Carry out a call that changes something, and write down who made it and how it ended."""
    status = 500
    answer = None
    try:
        _admit(request, path)
        answer = await handler(request)
        status = answer.status_code
        return answer
    except Exception as error:
        status = _status(error)
        raise
    finally:
        await _write(request, path, status, answer)


async def _write(request: Request, path: str, status: int, answer: Response | None) -> None:
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    entry = Entry(
        actor=caller.kind,
        actor_id=caller.id,
        name=caller.name,
        action=f"{request.method} {path.replace(':path', '')}",
        targets=_targets(request, answer),
        status=status,
    )
    try:
        await store.audit.write(entry)
    except StoreUnavailable as error:
        # The call itself is done or refused: the log at least says that it was made.
        said = entry.model_dump(exclude={"name", "position"})
        log.error("audit.not_written", reason=str(error), **said)


def _targets(request: Request, answer: Response | None) -> dict[str, str]:
    """Return the ids that a call was about: its path's, what its answer made, what was named."""
    found = {name: str(value)[:MAX_TARGET] for name, value in request.path_params.items()}
    said = _said(answer)
    if said.get("id") not in (None, found.get("id")):
        found["made" if "id" in found else "id"] = str(said["id"])[:MAX_TARGET]
    found |= {name: str(said[name])[:MAX_TARGET] for name in TARGETS if said.get(name)}
    return {**found, **request.scope.get(NAMED_TARGETS, {})}


def _said(answer: Response | None) -> dict[str, Any]:
    raw = getattr(answer, "body", b"")
    if answer is None or answer.status_code >= 400 or not 0 < len(raw) <= MAX_READ:
        return {}
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _status(error: Exception) -> int:
    """Return the status that an exception is answered with."""
    match error:
        case Problem(status=status):
            return status
        case HTTPException(status_code=status):
            return status
        case ValidationError():
            return 422
        case StoreUnavailable():
            return 503
    return 500

"""Reconciliations: begin, look at, confirm and cancel comparisons of a connection with Recruitee."""

from collections.abc import AsyncGenerator
from typing import Any, Literal

from starlette.responses import Response

from service.core import times
from service.core.store.connections import UNAUTHORIZED, Connection
from service.core.store.reconciliations import Reconciliation
from service.core.store.store import Store
from service.ops.bodies import query, unknown
from service.ops.connections import found
from service.ops.paging import Found, Page, decoded, page
from service.problems import Json, Problem
from service.state import Request


class Query(Page):
    """Filters of `GET reconciliations`; all given ones must match."""

    connection_id: str | None = None
    status: Literal["running", "held", "done", "canceled"] | None = None


async def begin(request: Request) -> Response:
    """Compare now; one that is under way is returned as it is."""
    store: Store = request.state["store"]
    connection = await found(request)
    if connection.status == UNAUTHORIZED:
        raise Problem(409, "Recruitee refuses the token of this connection: give a new one first")
    one = await store.reconciliations.begin(connection.id)
    if one is None:
        raise unknown("connection", connection.id)
    await _wake(store, connection)
    return Json(shown(one), 202)


async def listed(request: Request) -> Response:
    """List reconciliations, newest first."""
    asked = query(request, Query)
    found = _newest(request.state["store"], asked)
    return Json(await page(found, asked.limit, shown))


async def show(request: Request) -> Response:
    """Show one."""
    return Json(shown(await _named(request)))


async def confirm(request: Request) -> Response:
    """Say that what vanished at once is gone indeed: a reconciliation that was held compares anew."""
    store: Store = request.state["store"]
    one = await _named(request)
    connection = await store.connections.get(one.connection_id)
    if one.status != "held" or connection is None:
        raise Problem(409, f"it is {one.status}: only one that is held waits for a confirmation")
    if not await store.reconciliations.confirm(one):
        raise Problem(409, "another is under way: it finds for itself what vanished")
    await _wake(store, connection)
    return Json(shown(one), 202)


async def cancel(request: Request) -> Response:
    """End one that is held or under way; nothing that vanished is ended."""
    store: Store = request.state["store"]
    one = await _named(request)
    if one.status in ("running", "held"):
        await store.reconciliations.cancel(one, "by hand")
    return Json(shown(await _named(request)))


def shown(one: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation as the ops API shows it."""
    return {
        "id": one.id,
        "connection_id": one.connection_id,
        "status": one.status,
        "reason": one.reason or None,
        "began_at": times.iso(one.began),
        "done_at": times.iso(one.done) if one.done else None,
        "requests": one.requests,
        "compared": {name: count for name, count in one.read.items() if ":" not in name},
        "differing": one.differing,
        "absent": one.absent,
        "doubts": one.doubts,
    }


async def _newest(store: Store, asked: Query) -> AsyncGenerator[Found[Reconciliation], None]:
    wanted = [asked.connection_id] if asked.connection_id else await store.connections.ids()
    every = [one for c in wanted for one in await store.reconciliations.all(c)]
    after = decoded(asked.after, int, str) if asked.after else None
    for one in sorted(every, key=lambda one: (one.began, one.id), reverse=True):
        if after is None or (one.began, one.id) < after:
            yield (one.began, one.id), one if asked.status in (None, one.status) else None


async def _wake(store: Store, connection: Connection) -> None:
    await store.connections.wake(connection.id, connection.status, asked=times.now_ms())


async def _named(request: Request) -> Reconciliation:
    store: Store = request.state["store"]
    name: str = request.path_params["id"]
    for c in await store.connections.ids():
        if one := await store.reconciliations.get(c, name):
            return one
    raise unknown("reconciliation", name)

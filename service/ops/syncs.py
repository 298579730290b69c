"""Full reads: begin one, and say how far it is."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service.core.store.connections import BASELINING, UNAUTHORIZED, Connection
from service.core.store.runs import Run, progress
from service.core.store.store import Store
from service.ops.bodies import given
from service.ops.connections import found
from service.problems import Json, Problem
from service.state import Request


class Asked(BaseModel):
    """What a full read is to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emit: bool = False
    """Tell what it finds changed (origin `sync`); else that is adopted in silence."""
    deep: bool = True
    """Also read every record by itself, with the lists that it owns."""


async def begin(request: Request) -> Response:
    """Read everything again, beside the inbox; one that is under way is not begun anew."""
    store: Store = request.state["store"]
    connection = await found(request)
    asked = Asked.model_validate(await given(request))
    if connection.status == UNAUTHORIZED:
        raise Problem(409, "Recruitee refuses the token of this connection: give a new one first")
    if connection.status != BASELINING and Run.of(connection).done:
        # `baseline_at` stays: what was made since the first baseline is still news.
        run, parts = Run.asked_for(emit=asked.emit, deep=asked.deep).dump()
        await store.connections.wake(connection.id, connection.status, sync=run, baseline=parts)
    return Json(shown(await found(request)), 202)


async def show(request: Request) -> Response:
    """Show how far the read is that is under way, or how the last one ended."""
    return Json(shown(await found(request)))


def shown(connection: Connection) -> dict[str, Any]:
    """Return a connection's full read, as the ops API shows it."""
    run = Run.of(connection)
    # The first read is over for subscribers when the baseline is: the rest is read beside the inbox.
    return {"connection_id": connection.id, "first": not connection.baseline_done, **progress(run)}

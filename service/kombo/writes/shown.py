"""A record that was just written, as its list shows it; an application with its whole candidate."""

from typing import Any

from service.core.store.connections import Connection
from service.core.unified.model import Ref
from service.kombo.kept import Desk
from service.kombo.lists.applications import APPLICATIONS
from service.kombo.lists.candidates import CANDIDATES
from service.kombo.tables import Tables
from service.state import Request

Shape = dict[str, Any]


async def candidate(
    request: Request, connection: Connection, tables: Tables, remote_id: str
) -> Shape | None:
    """Return a candidate, or None while the store does not have them."""
    return await _one(Desk(request.state["store"], connection, tables), "candidate", remote_id)


async def application(
    request: Request, connection: Connection, tables: Tables, remote_id: str
) -> Shape | None:
    """Return an application with its candidate in full, or None while the store does not have it."""
    desk = Desk(request.state["store"], connection, tables)
    shown = await _one(desk, "application", remote_id)
    inside = (shown or {}).get("candidate")
    if shown is None or inside is None:
        return None
    who = await _one(desk, "candidate", str(inside["remote_id"]))
    return shown | {"candidate": {**inside, **(who or {})}}


async def _one(desk: Desk, model: str, remote_id: str) -> Shape | None:
    listing = CANDIDATES if model == "candidate" else APPLICATIONS
    rows = list((await desk.kept([Ref(model, remote_id)])).values())
    shown = await listing.show(desk, rows) if rows else []
    return shown[0] if shown else None

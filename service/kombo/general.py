"""What is not about records: the key, a sync on demand, an integration, the tools there are."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from service.core import ids, times
from service.core.store.connections import BASELINING, UNAUTHORIZED, Connection
from service.core.store.runs import Run
from service.core.store.store import Store
from service.kombo import coverage
from service.kombo.coverage_actions import Served, served, write_actions
from service.kombo.entry import TOOL, asked_for, named
from service.kombo.envelope import Refused, invalid, success
from service.ops.bodies import given
from service.ops.endpoint import base_of
from service.setup.making import end_user
from service.state import Request

LABEL: Final = "Recruitee"
CATEGORIES: Final = ("hris", "ats", "assessment", "lms")
ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect width='24' height='24' rx='5' fill='{ink}'/%3E%3Ctext x='12' y='17' font-size='14' "
    "text-anchor='middle' fill='white' font-family='sans-serif'%3ER%3C/text%3E%3C/svg%3E"
)
"""A letter: logos are their owners'."""
BLUE, BLACK = "%23275efe", "black"


class SyncAsked(BaseModel):
    """The body of a sync on demand."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["FULL", "DELTA"] | None = None


async def check_api_key(request: Request) -> Response:
    """Say that the key is good, and whose it is: this instance is one environment."""
    environment = ids.derive("environment", base_of(request))
    return success({"environment_id": environment, "customer_id": environment})


async def force_sync(request: Request) -> Response:
    """Read everything again (FULL), or poll and sweep now (DELTA)."""
    store: Store = request.state["store"]
    connection = await asked_for(request)
    kind = SyncAsked.model_validate(await given(request)).type or "FULL"
    if connection.disabled:
        raise Refused(409, None, "this integration is switched off; switch it on first")
    if connection.status == UNAUTHORIZED:
        raise Refused(409, None, "Recruitee refuses the token of this integration: give a new one")
    if kind == "DELTA":
        begun, queued = times.now_ms(), not connection.baseline_done
        await store.watching.hurry(connection.id)
        await store.connections.wake(connection.id, connection.status, asked=begun)
    else:
        begun, queued = await _full(store, connection)
    sync_id = ids.derive("sync", connection.id, kind, begun)
    return success({"already_queued": queued, "sync_id": sync_id, "type": kind})


async def _full(store: Store, connection: Connection) -> tuple[int, bool]:
    """Begin a full read, told like any change; returns when it began and whether it was under way."""
    run = Run.of(connection)
    if connection.status == BASELINING or not run.done:
        return run.began, True
    run = Run.asked_for(emit=True, deep=True)
    sync, parts = run.dump()
    await store.connections.wake(connection.id, connection.status, sync=sync, baseline=parts)
    return run.began, False


async def integration(request: Request) -> Response:
    """Show an integration, with what is covered of each model and action."""
    connection = await named(request, request.path_params["integration_id"])
    return success(_shown(connection, served(request.app.routes)))


async def tools(request: Request) -> Response:
    """Show the tools of a category: of an ATS there is one."""
    category = str(request.path_params["category"]).lower()
    if category not in CATEGORIES:
        raise invalid("category", f"is one of {', '.join(CATEGORIES)}")
    routes = served(request.app.routes)
    return success({"tools": [_tool(routes)] if category == "ats" else []})


def _shown(connection: Connection, routes: Served) -> dict[str, Any]:
    user = end_user(connection)
    return {
        "id": connection.integration_id,
        "tool": {
            "id": TOOL,
            "label": LABEL,
            "internal_label": None,
            "logo_url": ICON.format(ink=BLUE),
            "icon_url": ICON.format(ink=BLUE),
        },
        "category": "ATS",
        "status": _status(connection),
        "setup_status": "COMPLETED" if connection.baseline_done else "FINAL_SYNC_PENDING",
        "end_user": {
            "organization_name": user.organization_name,
            "creator_email": user.email,
            "origin_id": user.origin_id,
        },
        "scope_config": {"id": ids.derive("scope_config", connection.id), "name": "Scope"},
        "data_expired_at": None,
        "created_at": times.iso(connection.created),
        "beta": False,
        "read_models": coverage.read_models(connection.options),
        "write_actions": write_actions(routes),
    }


def _status(connection: Connection) -> str:
    if connection.disabled:
        return "INACTIVE"
    return "INVALID" if connection.status == UNAUTHORIZED else "ACTIVE"


def _tool(routes: Served) -> dict[str, Any]:
    return {
        "id": TOOL,
        "label": LABEL,
        "internal_label": None,
        "assets": {
            "logo_url": ICON.format(ink=BLUE),
            "icon_url": ICON.format(ink=BLUE),
            "icon_black_url": ICON.format(ink=BLACK),
        },
        "paid_api_details_markdown": None,
        "fast_track_details_markdown": None,
        "partner_only_details_markdown": None,
        "connection_guide_url": None,
        "coverage": coverage.of_tool(routes),
    }

"""Actions: what was to be written to Recruitee, by whom, how far it is and how it ended."""

from collections.abc import AsyncGenerator
from typing import Any, Literal

from starlette.responses import Response

from service.core import times
from service.core.store.actions import Action
from service.core.store.listing import Row
from service.core.store.store import Store
from service.ops.bodies import query, unknown
from service.ops.paging import Found, Page, decoded, page
from service.problems import Json
from service.state import Request


class Query(Page):
    """Filters of `GET actions`; all given ones must match."""

    connection_id: str | None = None
    kind: str | None = None
    status: Literal["open", "done", "failed"] | None = None

    def takes(self, one: Action) -> bool:
        """Say whether an action passes."""
        return self.kind in (None, one.kind) and self.status in (None, _status(one))


async def listed(request: Request) -> Response:
    """List actions, newest first."""
    asked = query(request, Query)
    return Json(await page(_newest(request.state["store"], asked), asked.limit, shown))


async def show(request: Request) -> Response:
    """Show one action with its steps."""
    store: Store = request.state["store"]
    one = await store.actions.get(request.path_params["id"])
    if one is None or await store.connections.get(one.connection_id) is None:
        raise unknown("action", request.path_params["id"])
    return Json(shown(one))


def shown(one: Action) -> dict[str, Any]:
    """Return an action as the ops API shows it: never what was asked for, which is personal."""
    result = one.result
    return {
        "id": one.id,
        "connection_id": one.connection_id,
        "kind": one.kind,
        "status": _status(one),
        "asked_at": times.iso(one.at),
        "ended_at": times.iso(one.ended) if one.ended else None,
        "by": {"id": one.by_id or None, "name": one.by},
        "idempotency_key": one.key or None,
        "turn": one.turn,
        "steps": [
            {"name": name, "status": "done" if "kept" in step else "sent"}
            for name, step in one.steps.items()
        ],
        "why": result.why or None if result else None,
        "message": result.message or None if result else None,
        "remote_ids": dict(result.ids) if result else {},
        "warnings": list(result.warnings) if result else [],
    }


def _status(one: Action) -> str:
    if one.status == "open" or one.result is None:
        return "open"
    return "done" if one.result.ok else "failed"


async def _newest(store: Store, asked: Query) -> AsyncGenerator[Found[Action], None]:
    """Yield the actions of one connection or, merged by when they were asked for, of all."""
    known = await store.connections.ids()
    wanted = [c for c in known if asked.connection_id in (None, c)]
    after = Row(*decoded(asked.after, str, int)) if asked.after else None
    found: list[Row] = []
    for c in wanted:
        async for rows in store.actions.pages(c, after):
            found += rows
            break  # of each connection no more than a chunk can be on this page
    for row in sorted(found, key=lambda row: (row.score, row.member), reverse=True):
        one = await store.actions.get(row.member)
        yield tuple(row), one if one is not None and asked.takes(one) else None

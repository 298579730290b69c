"""Replays: send old events again, as a stored job that a worker carries out and anyone may watch."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from service.core import times
from service.core.store.replays import Item, Replay, Status
from service.core.store.store import Store
from service.ops import selection
from service.ops.asked import NOT_YET, Asked
from service.ops.bodies import given, query, unknown
from service.ops.paging import Page, page, row_after, rows
from service.ops.reviving import revive
from service.ops.selection import Chosen
from service.problems import Json, Problem
from service.state import Request


async def listed(request: Request) -> Response:
    """List replays, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found_ = rows(store.replays.pages(row_after(asked.after)), store.replays.load)
    return Json(await page(found_, asked.limit, shown))


async def create(request: Request) -> Response:
    """Choose what is asked for and begin; a dry run only counts."""
    store: Store = request.state["store"]
    asked = Asked.model_validate(await given(request, NOT_YET))
    chosen = await selection.chosen(store, asked)
    if asked.dry_run:
        return Json(_counted(chosen))
    revived = [
        await revive(store, one.dead) for one in chosen if one.dead and one.dead.kind == "inbound"
    ]
    items = [
        Item(one.event_id, one.subscriber_id, one.dead.id if one.dead else "")
        for one in chosen
        if one.subscriber_id
    ]
    made = await store.replays.create(
        items, times.now_ms(), done=revived.count(None), failed=len(revived) - revived.count(None)
    )
    return Json(shown(made), 202)


async def show(request: Request) -> Response:
    """Show one replay."""
    return Json(shown(await found(request)))


async def pause(request: Request) -> Response:
    """Open nothing more for now; what is open already goes on."""
    return await _moved(request, "paused", "running")


async def resume(request: Request) -> Response:
    """Go on where it stopped."""
    return await _moved(request, "running", "paused")


async def cancel(request: Request) -> Response:
    """Open nothing more, ever; what is open already goes on."""
    return await _moved(request, "canceled", "running", "paused")


async def found(request: Request) -> Replay:
    """Return the replay that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    r: str = request.path_params["id"]
    replay = await store.replays.get(r)
    if replay is None:
        raise unknown("replay", r)
    return replay


def shown(replay: Replay) -> dict[str, Any]:
    """Return a replay as it is shown."""
    return {
        "id": replay.id,
        "status": replay.status,
        "total": replay.total,
        "done": replay.done,
        "failed": replay.failed,
        "created_at": times.iso(replay.created),
    }


async def _moved(request: Request, status: Status, *before: Status) -> Response:
    store: Store = request.state["store"]
    replay = await found(request)
    if not await store.replays.move(replay.id, status, *before):
        raise Problem(409, f"the replay is {(await found(request)).status}")
    return await show(request)


def _counted(chosen: Sequence[Chosen]) -> dict[str, Any]:
    return {
        "total": len(chosen),
        "by_type": Counter(one.type for one in chosen),
        "by_subscriber": Counter(one.subscriber_id for one in chosen if one.subscriber_id),
    }

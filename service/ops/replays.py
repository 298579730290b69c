"""Replays: send old events again, as a stored job that a worker carries out and anyone may watch."""

import asyncio
from collections import Counter
from contextlib import aclosing
from time import monotonic
from typing import Any

from starlette.responses import Response

from service.core import times
from service.core.replaying import selection
from service.core.replaying.query import Query
from service.core.store.replays import Kind, Replay, Status
from service.core.store.store import Store
from service.ops.asked import Asked
from service.ops.bodies import given, query, unknown
from service.ops.paging import Page, page, row_after, rows
from service.ops.selection import of_replay
from service.problems import Json, Problem
from service.state import Request

HEAD_START_MS = 2000
SELECTED_HERE = 4  # chunks: what is small is known whole when it is answered
COUNTS_FOR_S = 30.0


async def listed(request: Request) -> Response:
    """List replays, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found_ = rows(store.replays.pages(row_after(asked.after)), store.replays.load)
    return Json(await page(found_, asked.limit, shown))


async def create(request: Request) -> Response:
    """Begin a replay: a worker selects what fits, chunk by chunk, and sends it; a dry run only counts."""
    store: Store = request.state["store"]
    asked = Asked.model_validate(await given(request))
    wanted = await of_replay(store, asked)
    if asked.dry_run:
        return Json(await counted(store, wanted))
    return Json(shown(await begun(store, wanted, asked.rate)), 202)


async def begun(
    store: Store,
    wanted: Query,
    rate: float | None,
    kind: Kind = "replay",
    subscriber: str | None = None,
) -> Replay:
    """Store a replay and select its first items here; a worker goes on with the rest."""
    replay: Replay | None = await store.replays.begin(
        wanted.model_dump_json(exclude_defaults=True).encode(), times.now_ms(), rate=rate, kind=kind,
        subscriber=subscriber, head_start_ms=HEAD_START_MS,
    )  # fmt: skip
    assert replay is not None  # noqa: S101 - for the type checker
    r, selecting = replay.id, await selection.opened(store, wanted)
    for _ in range(SELECTED_HERE):
        cursor, replay = replay.cursor, await selection.go_on(store, selecting, replay)
        if replay is None or replay.cursor == cursor:
            break
    now = await store.replays.get(r)
    if now is None:
        raise Problem(503, "the replay vanished while it was made")
    if now.status == "running":
        await store.replays.wake(r)
    return now


async def counted(store: Store, wanted: Query) -> dict[str, Any]:
    """Count what a query chooses; what takes too long is counted in part (`complete`: false)."""
    by_type: Counter[str] = Counter()
    by_subscriber: Counter[str] = Counter()
    until, complete = monotonic() + COUNTS_FOR_S, True
    async with aclosing(selection.all_chosen(store, wanted)) as chunks:
        async for chunk in chunks:
            by_type.update(one.type for one in chunk)
            by_subscriber.update(s for one in chunk if (s := one.item.subscriber_id))
            await asyncio.sleep(0)  # others are served too
            if monotonic() > until:
                complete = False
                break
    return {
        "total": by_type.total(),
        "by_type": by_type,
        "by_subscriber": by_subscriber,
        "complete": complete,
    }


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
    """Return a replay as it is shown; `total` is null while it still selects."""
    return {
        "id": replay.id,
        "kind": replay.kind,
        "status": replay.status,
        "total": None if replay.selecting else replay.total,
        "done": replay.done,
        "failed": replay.failed,
        "selecting": replay.selecting,
        "selected": replay.selected,
        "rate": replay.rate,
        "subscriber_id": replay.subscriber,
        "created_at": times.iso(replay.created),
    }


async def _moved(request: Request, status: Status, *before: Status) -> Response:
    store: Store = request.state["store"]
    replay = await found(request)
    if not await store.replays.move(replay.id, status, *before):
        raise Problem(409, f"the replay is {(await found(request)).status}")
    return await show(request)

"""Dead letters: what could not be delivered or processed, until somebody replays or discards it."""

import asyncio
from contextlib import aclosing
from time import monotonic
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from service.core import times
from service.core.events import covers
from service.core.replaying import selection
from service.core.replaying.query import Query as Wanted
from service.core.replaying.reviving import revive
from service.core.store.dead_letters import DeadLetter
from service.core.store.replays import Item
from service.core.store.store import Store
from service.ops import replays
from service.ops.asked import LettersAsked
from service.ops.bodies import given, query, unknown
from service.ops.instants import Instant, within
from service.ops.paging import Page, page, row_after, rows
from service.ops.selection import of_letters
from service.problems import Json, Problem
from service.state import Request

DISCARDS_FOR_S = 20.0


class Query(Page):
    """Filters of `GET dead-letters`; all given ones must match."""

    kind: Literal["delivery", "inbound"] | None = None
    subscriber_id: str | None = None
    connection_id: str | None = None
    type: str | None = None
    since: Instant | None = Field(None)
    until: Instant | None = Field(None)

    def takes(self, dead: DeadLetter) -> bool:
        """Say whether a dead letter passes."""
        return (
            self.kind in (None, dead.kind)
            and self.subscriber_id in (None, dead.subscriber_id)
            and self.connection_id in (None, dead.connection_id)
            and covers(self.type, dead.type)
            and within(dead.failed_at, self.since, self.until)
        )


async def listed(request: Request) -> Response:
    """List dead letters, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Query)
    after = row_after(asked.after)
    found_ = rows(store.dead_letters.pages(after), store.dead_letters.load, asked.takes)
    answer = await page(found_, asked.limit, lambda dead: dead)
    shown = [_shown(store, dead) for dead in answer["items"]]
    return Json(answer | {"items": await asyncio.gather(*shown)})


async def show(request: Request) -> Response:
    """Show one dead letter; a quarantined webhook's body is opened here and nowhere else."""
    store: Store = request.state["store"]
    dead = await found(request)
    shown = await _shown(store, dead)
    return Json(shown | {"entries": len(dead.entries), "body": store.dead_letters.body(dead)})


async def replay(request: Request) -> Response:
    """Send it again, or put it back into the inbox; answers a replay of one."""
    store: Store = request.state["store"]
    dead = await found(request)
    await _not_replaying(store, dead)
    if dead.kind == "inbound":
        if reason := await revive(store, dead):
            raise Problem(409, reason)
        await store.dead_letters.discard(dead.id)
        made = await store.replays.create([], times.now_ms(), done=1)
    else:
        made = await store.replays.create([await _item(store, dead)], times.now_ms())
    return Json(replays.shown(made), 202)


async def discard(request: Request) -> Response:
    """Forget it."""
    store: Store = request.state["store"]
    dead = await found(request)
    await _not_replaying(store, dead)
    if not await store.dead_letters.discard(dead.id):
        await _not_replaying(store, dead)  # it is by now, or else it is gone anyway
    return Response(status_code=204)


async def discard_all(request: Request) -> Response:
    """Forget all that fit; a dry run only counts. What takes too long is done in part."""
    store: Store = request.state["store"]
    asked = LettersAsked.model_validate(await given(request))
    wanted = await of_letters(store, asked)
    if asked.dry_run:
        return Json(await replays.counted(store, wanted))
    return Json(await _discarded(store, wanted))


async def _discarded(store: Store, wanted: Wanted) -> dict[str, Any]:
    gone, until, complete = 0, monotonic() + DISCARDS_FOR_S, True
    async with aclosing(selection.all_chosen(store, wanted)) as chunks:
        async for chunk in chunks:
            gone += await store.dead_letters.discard(*(o.item.dead_letter_id for o in chunk))
            if monotonic() > until:
                complete = False
                break
    return {"discarded": gone, "complete": complete}


async def found(request: Request) -> DeadLetter:
    """Return the dead letter that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    dead_id: str = request.path_params["id"]
    dead = await store.dead_letters.get(dead_id)
    if dead is None:
        raise unknown("dead letter", dead_id)
    return dead


async def _not_replaying(store: Store, dead: DeadLetter) -> None:
    if replay_id := await store.dead_letters.replaying(dead.id):
        raise Problem(409, f"{replay_id} is sending it again", replay_id=replay_id)


async def _item(store: Store, dead: DeadLetter) -> Item:
    """Return what to send again; raises Problem 409 when that is known to be in vain."""
    event_id, s = dead.event_id or "", dead.subscriber_id or ""
    if await store.subscribers.get(s) is None:
        raise Problem(409, "its subscriber was removed: replay the event to another one")
    if await store.log.body(event_id) is None:
        raise Problem(409, "its event is gone: erased, or older than the retention")
    return Item(event_id, s, dead.id)


async def _shown(store: Store, dead: DeadLetter) -> dict[str, Any]:
    replay_id = await store.dead_letters.replaying(dead.id)
    return {
        "id": dead.id,
        "kind": dead.kind,
        "delivery_id": dead.delivery_id,
        "event_id": dead.event_id,
        "subscriber_id": dead.subscriber_id,
        "connection_id": dead.connection_id or None,
        "type": dead.type or None,
        "reason": dead.reason,
        "failed_at": times.iso(dead.failed_at),
        "status": "replaying" if replay_id else "dead",
        "replay_id": replay_id,
        "root": dead.root,
    }

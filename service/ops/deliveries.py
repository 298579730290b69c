"""Deliveries: one event for one subscriber, open or settled, with its attempts."""

import functools
from collections.abc import AsyncGenerator
from typing import Any

from starlette.responses import Response

from service.core import times
from service.core.events import covers
from service.core.logs import logger
from service.core.store.deliveries import Attempt, Delivery, Retried, Status
from service.core.store.listing import Row
from service.core.store.store import Store
from service.ops.bodies import query, unknown
from service.ops.paging import Page, page, row_after, rows
from service.problems import Json, Problem
from service.state import Request

log = logger("ops")


class Query(Page):
    """Filters of `GET deliveries`; all given ones must match."""

    event_id: str | None = None
    subscriber_id: str | None = None
    connection_id: str | None = None
    type: str | None = None
    status: Status | None = None

    def takes(self, delivery: Delivery) -> bool:
        """Say whether a delivery passes."""
        return (
            self.event_id in (None, delivery.e)
            and self.subscriber_id in (None, delivery.s)
            and self.connection_id in (None, delivery.c)
            and self.status in (None, delivery.status)
            and covers(self.type, delivery.t)
        )


async def listed(request: Request) -> Response:
    """List deliveries, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Query)
    owners = await store.subscribers.by_tags()
    load = functools.partial(store.deliveries.load, owners=owners)
    found_ = rows(_pages(store, asked), load, asked.takes)
    answer = await page(found_, asked.limit, lambda delivery: delivery)
    heads: dict[str, Delivery | None] = {}
    items = [shown(d) | await _blocked_by(store, d, heads) for d in answer["items"]]
    return Json(answer | {"items": items})


async def show(request: Request) -> Response:
    """Show one delivery with its attempts."""
    store: Store = request.state["store"]
    delivery = await found(store, request.path_params["id"])
    return Json(in_full(delivery) | await _blocked_by(store, delivery, {}))


async def retry(request: Request) -> Response:
    """Make the next attempt now, ahead of its time; one that is under way is that attempt."""
    store: Store = request.state["store"]
    delivery = await found(store, request.path_params["id"])
    subscriber = await store.subscribers.get(delivery.s)
    if delivery.status == "open" and subscriber and subscriber.status != "active":
        raise Problem(409, f"the subscriber is {subscriber.status}: resume it first")
    match await store.deliveries.retry_now(delivery.s, delivery.id):
        case Retried.NOT_OPEN:
            raise Problem(409, f"the delivery is {delivery.status}: replay its event instead")
        case Retried.BEHIND:
            raise Problem(
                409, "it waits behind another delivery of the same subject: retry that one"
            )
    return Json(in_full(await found(store, delivery.id)))


async def skip(request: Request) -> Response:
    """Give up what blocks a lane: it becomes a dead letter, and what waits behind it may go."""
    store: Store = request.state["store"]
    delivery = await found(store, request.path_params["id"])
    if delivery.status != "open":
        raise Problem(409, f"the delivery is {delivery.status}: there is nothing to skip")
    match await store.lines.skip(delivery, times.now_ms()):
        case Retried.NOT_OPEN:
            raise Problem(409, "the delivery was settled just now: there is nothing to skip")
        case Retried.BEHIND:
            raise Problem(
                409, "it waits behind another delivery of the same subject: skip that one"
            )
        case Retried.IN_FLIGHT:
            raise Problem(409, "an attempt is under way: wait for how it ends")
    log.info(
        "delivery.skipped", delivery_id=delivery.id, subscriber_id=delivery.s, event_id=delivery.e
    )
    return Json(in_full(await found(store, delivery.id)))


async def found(store: Store, delivery_id: str) -> Delivery:
    """Return a delivery; raises Problem 404."""
    owner = await store.subscribers.by_tag(delivery_id)
    delivery = await store.deliveries.get(delivery_id, owner)
    if delivery is None:
        raise unknown("delivery", delivery_id)
    return delivery


def shown(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as lists show it.

    `next_attempt_at` is null while it is in flight, waits behind another, or is settled.
    """
    due = delivery.next if delivery.status == "open" else None
    return {
        "id": delivery.id,
        "event_id": delivery.e,
        "subscriber_id": delivery.s,
        "connection_id": delivery.c or None,
        "type": delivery.t,
        "status": delivery.status,
        "reason": delivery.reason or None,
        "attempt_count": delivery.n,
        "next_attempt_at": None if due is None else times.iso(due),
        "created_at": times.iso(delivery.at),
        "replay_id": delivery.replay,
    }


def in_full(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with its attempts."""
    return shown(delivery) | {"attempts": [_attempt(one) for one in delivery.log]}


async def _blocked_by(
    store: Store, delivery: Delivery, heads: dict[str, Delivery | None]
) -> dict[str, Any]:
    """Return what an open delivery waits behind; `heads` are those that were looked up before."""
    if delivery.status != "open" or delivery.next is not None:
        return {"blocked_by": None}
    head = await store.lines.head(delivery)
    if head is None:
        return {"blocked_by": None}
    if head not in heads:
        heads[head] = await store.deliveries.get(head, delivery.s)
    before = heads[head]
    if before is None or before.status != "open":
        return {"blocked_by": None}
    due = None if before.next is None else times.iso(before.next)
    return {
        "blocked_by": {
            "delivery_id": head,
            "since": times.iso(before.since),
            "attempt_count": before.n,
            "next_attempt_at": due,
        }
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return one.model_dump() | {"at": times.iso(one.at)}


def _pages(store: Store, asked: Query) -> AsyncGenerator[list[Row], None]:
    after = row_after(asked.after)
    if asked.event_id:
        return _of_event(store, asked.event_id, after)
    return store.deliveries.pages(asked.subscriber_id or "", after)


async def _of_event(
    store: Store, event_id: str, after: Row | None
) -> AsyncGenerator[list[Row], None]:
    """Yield an event's deliveries, newest first: few, so at once."""
    names = await store.deliveries.of_event(event_id)
    known = await store.deliveries.load(names, await store.subscribers.by_tags())
    found_ = sorted((Row(d.id, d.at) for d in known if d), key=lambda row: (-row.score, row.member))
    last = (-after.score, after.member) if after else None
    yield [row for row in found_ if last is None or (-row.score, row.member) > last]

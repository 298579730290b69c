"""Subscribers: who gets change events; their secrets are shown at creation and rotation only."""

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, Strict
from starlette.responses import Response

from service.core import ids, times
from service.core.logs import logger
from service.core.store.deliveries import Delivery
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.openapi.route import takes
from service.ops import backfills, replays, transport
from service.ops import challenge as ownership
from service.ops import wanted as asked_for
from service.ops.bodies import given, query, unknown
from service.ops.health import health
from service.ops.paging import Page, page, row_after, rows
from service.ops.skipping import skip_missed
from service.problems import Json, Problem
from service.state import Request

TEST_TYPE = "subscriber.test"
BY_HAND = "paused by hand"
log = logger("ops")


class Made(asked_for.Asked):
    """A subscriber as it is made: with an imported secret, or with all that there is already."""

    secret: str | None = None
    backfill: bool | None = None


class Rotation(BaseModel):
    """How to rotate: for how many seconds the old secrets go on signing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    overlap_s: Annotated[float, Strict(), Field(ge=0, le=604_800, allow_inf_nan=False)] = 86_400


class Resumption(BaseModel):
    """How to resume: with everything missed, in order, or without."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skip: Annotated[bool, Strict()] = False


async def listed(request: Request) -> Response:
    """List subscribers, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Page)
    found_ = rows(store.subscribers.pages(row_after(asked.after)), store.subscribers.load)
    answer = await page(found_, asked.limit, lambda subscriber: subscriber)
    return Json(answer | {"items": [await _shown(store, each) for each in answer["items"]]})


@takes(Made)
async def create(request: Request) -> Response:
    """Add a subscriber at the head of the log; its secret is shown here and never again."""
    store: Store = request.state["store"]
    fields = await given(request)
    filling = backfills.wish(fields)
    imported = asked_for.secret(fields.pop("secret", None))
    wanted = await asked_for.wanted(fields, store, request.state["settings"])
    if filling:
        backfills.refuse_vendors(wanted)
    made, secret = await store.subscribers.create(wanted, imported)
    told = await _challenged(request, made)
    shown = await _shown(store, await store.subscribers.get(made.id) or made) | told
    if filling:
        shown["backfill"] = replays.shown(await backfills.begun(store, made))
    once = {"secret": secret, **asked_for.vendors_secret(wanted)}
    return Json({**shown, **once}, 201)


async def show(request: Request) -> Response:
    """Show one subscriber and how it is."""
    return Json(await _shown(request.state["store"], await found(request)))


@takes(asked_for.Asked, partly=True)
async def update(request: Request) -> Response:
    """Change what is given; a new URL is vetted like the first."""
    store: Store = request.state["store"]
    subscriber = await found(request)
    fields = await given(request)
    wanted = await asked_for.wanted(fields, store, request.state["settings"], subscriber.wanted)
    await store.subscribers.update(subscriber.id, wanted)
    changed = await found(request)
    asks = changed.wanted.url != subscriber.wanted.url or not subscriber.wanted.challenge
    told = await _challenged(request, changed) if asks else {}
    return Json(await _shown(store, await found(request)) | told)


async def remove(request: Request) -> Response:
    """Forget a subscriber with its position and its open deliveries."""
    store: Store = request.state["store"]
    await store.subscribers.remove((await found(request)).id)
    return Response(status_code=204)


async def pause(request: Request) -> Response:
    """Hold its deliveries; its position stands still."""
    store: Store = request.state["store"]
    await store.subscribers.pause((await found(request)).id, BY_HAND)
    return await show(request)


async def resume(request: Request) -> Response:
    """Go on where it stopped; with `skip` from now on, and say how much that leaves out."""
    store: Store = request.state["store"]
    subscriber = await found(request)
    asked = Resumption.model_validate(await given(request))
    if subscriber.unproven:
        raise Problem(409, ownership.UNPROVEN)
    told: dict[str, Any] = {}
    if asked.skip:
        told = {"skipped": await skip_missed(store, subscriber)}
        log.info("subscriber.skipped", subscriber_id=subscriber.id, **told["skipped"])
    await store.subscribers.resume(subscriber.id)
    return Json(await _shown(store, await found(request)) | told)


async def challenge(request: Request) -> Response:
    """Ask the URL again to prove itself; the subscriber runs once it has."""
    subscriber = await found(request)
    if not subscriber.unproven:
        raise Problem(409, ownership.NOTHING_TO_PROVE)
    told = await _challenged(request, subscriber)
    return Json(await _shown(request.state["store"], await found(request)) | told)


async def rotate_secret(request: Request) -> Response:
    """Make a new secret; the old ones sign beside it for `overlap_s`."""
    store: Store = request.state["store"]
    subscriber = await found(request)
    wanted = Rotation.model_validate(await given(request))
    secret = await store.subscribers.rotate(subscriber, wanted.overlap_s)
    if secret is None:
        raise unknown("subscriber", subscriber.id)
    return Json({"secret": secret} | await asked_for.rotate_vendors(store, subscriber))


async def test(request: Request) -> Response:
    """Have a worker send a signed sample event; its delivery shows how the subscriber answered."""
    store: Store = request.state["store"]
    subscriber = await found(request)
    delivery, body = await sample(store, subscriber)
    if not await store.deliveries.open_test(delivery, body):
        cure = ownership.UNPROVEN if subscriber.unproven else "resume it first"
        raise Problem(409, f"the subscriber is {subscriber.status}: {cure}")
    return Json({"delivery_id": delivery.id, "event_id": delivery.e}, 202)


async def found(request: Request) -> Subscriber:
    """Return the subscriber that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    s: str = request.path_params["id"]
    subscriber = await store.subscribers.get(s)
    if subscriber is None:
        raise unknown("subscriber", s)
    return subscriber


async def sample(store: Store, subscriber: Subscriber) -> tuple[Delivery, bytes]:
    """Return an event that is in no log, and its delivery in a lane of its own."""
    event_id, now = "evt_" + ids.draw(), times.now_ms()
    mine = subscriber.wanted.connection_ids or await store.connections.ids()
    c = next(iter(mine), "")
    body = {
        "id": event_id,
        "type": TEST_TYPE,
        "timestamp": times.iso(now),
        "connection_id": c,
        "integration_id": f"recruitee:{c}",
        "origin": "system",
        "causes": [],
        "data": {"subscriber_id": subscriber.id, "message": "A test, asked for by an operator."},
    }
    delivery_id = ids.delivery_id(event_id, subscriber.id)
    delivery = Delivery(
        id=delivery_id,
        e=event_id,
        s=subscriber.id,
        c=c,
        t=TEST_TYPE,
        lane=f"test:{event_id}",
        f=subscriber.wanted.format,
        at=now,
    )
    return delivery, orjson.dumps(body)


async def _challenged(request: Request, subscriber: Subscriber) -> dict[str, Any]:
    """Challenge a URL that has to prove itself; what it said is told as `challenged`."""
    if not subscriber.unproven:
        return {}
    store, sessions = request.state["store"], request.state["sessions"]
    timeout_s = request.state["settings"].delivery_timeout
    return {"challenged": await ownership.ask(store, sessions, subscriber, timeout_s)}


async def _shown(store: Store, subscriber: Subscriber) -> dict[str, Any]:
    return {
        "id": subscriber.id,
        "status": subscriber.status,
        "reason": subscriber.reason or None,
        **asked_for.shown(subscriber.wanted),
        **transport.shown(subscriber),
        "created_at": times.iso(subscriber.created),
        "last_success_at": times.iso(subscriber.ok_at) if subscriber.ok_at else None,
        "failure_streak": subscriber.streak,
        "backlog": await store.deliveries.backlog(subscriber.id),
        "health": await health(store, subscriber),
    }

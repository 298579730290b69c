"""Backfills: the present state of every record that a subscriber's filters match, as a replay of its own."""

from typing import Any

from pydantic import BaseModel, ConfigDict, StrictBool
from starlette.responses import Response

from service.core.replaying.query import Query
from service.core.replaying.records import models_of
from service.core.store.replays import Replay
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber, Wanted
from service.ops import replays
from service.ops.asked import Rate
from service.ops.bodies import given, refused, unknown
from service.problems import Json
from service.state import Request


class Asked(BaseModel):
    """The body of `POST subscribers/{id}/backfill`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Rate | None = None
    dry_run: StrictBool = False


async def create(request: Request) -> Response:
    """Begin a backfill: follow and steer it as a replay. A dry run only counts."""
    store: Store = request.state["store"]
    s: str = request.path_params["id"]
    subscriber = await store.subscribers.get(s)
    if subscriber is None:
        raise unknown("subscriber", s)
    asked = Asked.model_validate(await given(request))
    refuse_vendors(subscriber.wanted)
    if asked.dry_run:
        return Json(await replays.counted(store, await _query(store, subscriber)))
    return Json(replays.shown(await begun(store, subscriber, asked.rate)), 202)


async def begun(store: Store, subscriber: Subscriber, rate: float | None = None) -> Replay:
    """Begin to send a subscriber all that it wants, as it is now."""
    wanted = await _query(store, subscriber)
    return await replays.begun(store, wanted, rate, "backfill", subscriber.id)


def refuse_vendors(wanted: Wanted) -> None:
    """Raise Problem 422 where the format tells of no record's state."""
    if wanted.format == "kombo":
        raise refused(
            "backfill", "format kombo tells that models changed: read their records instead"
        )


def wish(fields: dict[str, Any]) -> bool:
    """Take `backfill` out of a new subscriber's body; raises Problem 422."""
    wanted = fields.pop("backfill", None)
    if wanted not in (None, True, False):
        raise refused("backfill", "must be true or false")
    return wanted is True


async def _query(store: Store, subscriber: Subscriber) -> Query:
    wanted = subscriber.wanted
    return Query(
        source="records",
        connections=wanted.connection_ids or tuple(await store.connections.ids()),
        models=models_of(wanted),
        subscriber_ids=(subscriber.id,),
    )

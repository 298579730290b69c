"""Truto's `/webhook`: our subscribers of the format truto, registered and shown in its words."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, field_validator
from starlette.responses import Response

from service.callers import Caller
from service.core import times
from service.core.delivery.truto import ENVIRONMENT, happened
from service.core.events import NAMED_ONLY, TYPES
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.openapi.route import takes
from service.ops import wanted as asked_for
from service.ops.bodies import given
from service.ops.challenge import UNPROVEN
from service.ops.paging import rows
from service.ops.subscribers import BY_HAND, sample
from service.problems import Json
from service.state import Request
from service.truto.entry import note
from service.truto.envelope import Refused
from service.truto.platform_lists import listed

FORMAT: Final = "truto"
PREFIX: Final = "record:"
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    f"{PREFIX}{what}": tuple(
        each for each in TYPES if each not in NAMED_ONLY and happened(each) == what
    )
    for what in ("created", "updated", "deleted")
}
"""Truto's event -> which of ours are told as it."""
EVERY: Final = ("*",)
Event = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Asked(BaseModel):
    """A webhook as it is asked for; no `event_types` stands for all of them."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    target_url: str
    is_active: Annotated[bool, Strict()] = True
    event_types: Annotated[tuple[Event, ...], Field(max_length=200)] | None = None

    @field_validator("event_types")
    @classmethod
    def _sent(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if name not in OURS:
                raise ValueError(f"{name} is never sent; there are {', '.join(OURS)}")
        return names


class Changed(Asked):
    """What is to be changed of a webhook."""

    target_url: str = ""


class Tested(BaseModel):
    """Which webhook is to be tested."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str


async def every(request: Request) -> Response:
    """List the webhooks that the caller may see, newest first."""
    store: Store = request.state["store"]
    return await listed(
        request,
        lambda after: rows(store.subscribers.pages(after), store.subscribers.load, is_one),
        _shown,
    )


@takes(Asked)
async def create(request: Request) -> Response:
    """Register a webhook at the head of the log; its secret is shown here and never again."""
    store: Store = request.state["store"]
    asked = Asked.model_validate(await given(request))
    fields: dict[str, Any] = {"url": asked.target_url, "format": FORMAT}
    fields["event_types"] = ours(asked.event_types)
    caller: Caller = request.state["caller"]
    if caller.connection_ids is not None:
        fields["connection_ids"] = sorted(caller.connection_ids)
    wanted = await asked_for.wanted(fields, store, request.state["settings"])
    made, _ = await store.subscribers.create(wanted, None)
    note(request, webhook_id=made.id)
    if not asked.is_active:
        await store.subscribers.pause(made.id, BY_HAND)
    shown = await _shown(await _found(store, made.id))
    return Json(shown | {"secret": wanted.vendor_secret}, headers={"cache-control": "no-store"})


async def show(request: Request) -> Response:
    """Show one webhook."""
    return Json(await _shown(await _found(request.state["store"], request.path_params["id"])))


@takes(Changed, partly=True)
async def update(request: Request) -> Response:
    """Change what is given; a webhook is stopped and started by `is_active`."""
    store: Store = request.state["store"]
    before = await _found(store, request.path_params["id"])
    asked = Changed.model_validate(await given(request))
    fields: dict[str, Any] = {}
    if "target_url" in asked.model_fields_set:
        fields["url"] = asked.target_url
    if "event_types" in asked.model_fields_set:
        fields["event_types"] = ours(asked.event_types)
    if fields:
        wanted = await asked_for.wanted(fields, store, request.state["settings"], before.wanted)
        await store.subscribers.update(before.id, wanted)
    if "is_active" in asked.model_fields_set:
        await _switch(store, before, to=asked.is_active)
    return await show(request)


async def remove(request: Request) -> Response:
    """Forget a webhook with its open deliveries."""
    store: Store = request.state["store"]
    found = await _found(store, request.path_params["id"])
    await store.subscribers.remove(found.id)
    return Json({"id": found.id})


@takes(Tested)
async def test(request: Request) -> Response:
    """Have a worker send the event `test`; the log shows how it was answered."""
    store: Store = request.state["store"]
    found = await _found(store, Tested.model_validate(await given(request)).id)
    note(request, webhook_id=found.id)
    delivery, body = await sample(store, found)
    if not await store.deliveries.open_test(delivery, body):
        raise Refused(409, "the webhook is not active: set is_active first")
    return Json({"success": True})


def ours(names: Iterable[str] | None) -> tuple[str, ...]:
    """Return our event types for Truto's; none stand for all."""
    chosen = set(names or ())
    return tuple(t for name in OURS if name in chosen for t in OURS[name]) or EVERY


def truto(types: Iterable[str]) -> list[str]:
    """Return Truto's events for our types: none for all, and our own names where Truto has none."""
    left = set(types) - set(EVERY)
    told = [name for name, each in OURS.items() if left.issuperset(each)]
    return told + sorted(left.difference(*(OURS[name] for name in told)))


def is_one(subscriber: Subscriber) -> bool:
    """Say whether a subscriber is one of Truto's webhooks."""
    return subscriber.wanted.format == FORMAT


async def _found(store: Store, s: str) -> Subscriber:
    found = await store.subscribers.get(s)
    if found is None or not is_one(found):
        raise Refused(404, f"there is no webhook {s[:80]} for this token")
    return found


async def _switch(store: Store, before: Subscriber, *, to: bool) -> None:
    if to and before.unproven:
        raise Refused(409, UNPROVEN)
    if to != (before.status == "active"):
        await (
            store.subscribers.resume(before.id)
            if to
            else store.subscribers.pause(before.id, BY_HAND)
        )


async def _shown(subscriber: Subscriber) -> dict[str, Any]:
    created = times.iso(subscriber.created)
    return {
        "id": subscriber.id,
        "target_url": subscriber.wanted.url,
        "is_active": subscriber.status == "active",
        "event_types": truto(subscriber.wanted.event_types),
        "environment_id": ENVIRONMENT,
        "created_at": created,
        "updated_at": created,
    }

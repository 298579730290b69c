"""What a reader of the feed asks for, and what it may: filters, a place to begin, a subscriber's rules."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from service.callers import Caller
from service.core.events import pattern_problem
from service.core.store.feed import START
from service.core.store.store import Store
from service.feed.cursor import decode
from service.feed.reading import Place, at_head
from service.feed.rules import Bound, Plain, Rules
from service.ops.bodies import refused
from service.problems import Problem
from service.state import Request

NOW = "now"
Consumer = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Filters(BaseModel):
    """What of the feed is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[str, ...] = ("*",)
    connection_id: tuple[str, ...] | None = None
    subscriber_id: str | None = None
    after: str | None = None

    @field_validator("types", "connection_id", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [each.strip() for each in value.split(",")] if isinstance(value, str) else value

    @field_validator("types")
    @classmethod
    def _known(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if problem := pattern_problem(pattern):
                raise ValueError(problem)
        return patterns


class PageAsked(Filters):
    """The query of `GET /v1/events`."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    consumer: Consumer | None = None


class Ack(BaseModel):
    """The body of `POST /v1/events/ack`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consumer: Consumer
    cursor: str


async def connections_of(store: Store, asked: Filters) -> dict[str, None]:
    """Return the connections to read, as far as the caller sees them; raises Problem 422."""
    there = dict.fromkeys(await store.connections.ids())
    if asked.connection_id is None:
        return there
    named = [c.removeprefix("recruitee:") for c in asked.connection_id]
    for c in named:
        if c not in there:
            raise refused("connection_id", f"there is no connection {c[:80]}")
    return dict.fromkeys(named)


async def place_at(store: Store, asked: Filters, after: str | None) -> Place:
    """Return where to begin: at a cursor, at the head, or at the oldest kept; raises Problem 422."""
    there = await connections_of(store, asked)
    if after == NOW:
        return await at_head(store, there)
    stands = dict.fromkeys(there, START) if after is None else decode(after, there)
    if stands is None:
        raise refused("after", "is not a cursor of this feed")
    return Place(stands)


async def rules_of(request: Request, asked: Filters) -> Rules:
    """Return what the caller gets to see; raises Problem 403, 422."""
    caller: Caller = request.state["caller"]
    store: Store = request.state["store"]
    plain = Plain(asked.types)
    s = caller.subscriber_id or asked.subscriber_id
    if s is None:
        return plain
    if asked.subscriber_id not in (None, s):
        raise Problem(403, f"this key sees the feed as subscriber {s} only")
    subscriber = await store.subscribers.get(s)
    if subscriber is None:
        raise refused("subscriber_id", f"there is no subscriber {s[:80]}")
    return Bound(plain, subscriber, store)


def owner_of(caller: Caller) -> str:
    """Return whose consumers a caller's are: all who see everything share theirs."""
    bound = caller.connection_ids is not None or caller.subscriber_id is not None
    return caller.id if bound else "all"

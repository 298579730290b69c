"""Deliveries for agents that operate this instance: why one did or did not arrive, and sending it again.

Dead letters are sent again in two calls: the first only counts and gives a `confirm`, which the second one
brings. The same `confirm` twice is the same replay.
"""

from typing import Annotated, Any, Final

from pydantic import Field

from service.core import ids
from service.core.replaying.query import Query
from service.core.store import keys
from service.mcp_server.changes import iso_or_none
from service.mcp_server.failing import Failed, invalid
from service.mcp_server.tool import Asked, Call, Shape, Told, Tool
from service.mcp_server.untrusted import MARK
from service.ops import explain, replays
from service.ops.asked import LettersAsked
from service.ops.instants import Instant
from service.ops.selection import of_letters

CONFIRMED_WITHIN_S: Final = 600
# A refusal names them: they can be nothing but ids and types.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
Ids = Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
Type = Annotated[str, Field(pattern=r"^[a-z_.*]{1,60}$")]


class Explained(Asked):
    """Which event, for whom."""

    event_id: Id
    subscriber_id: Id


class Explanation(Told):
    """What became of it, and why."""

    result: dict[str, Any] = Field(json_schema_extra=MARK)
    untrusted: bool = True


class Again(Asked):
    """Which dead letters; all that is given must be so. To carry it out: `confirm` alone."""

    dead_letter_ids: Ids | None = None
    types: Annotated[tuple[Type, ...], Field(min_length=1, max_length=60)] | None = Field(
        None, description="event types, wildcards too"
    )
    subscriber_ids: Ids | None = None
    since: Instant | None = Field(None, description="failed since")
    until: Instant | None = None
    confirm: Id | None = Field(None, description="what the dry run gave")


class Replaying(Told):
    """What would be sent, or what is."""

    dry_run: bool
    total: int | None
    by_type: dict[str, int] = Field(default_factory=dict)
    by_subscriber: dict[str, int] = Field(default_factory=dict)
    complete: bool = True
    confirm: str | None = Field(None, description="call again with it alone, within 10 minutes")
    replay: dict[str, Any] | None = None


def tools() -> list[Tool]:
    """Return both."""
    return [
        Tool("explain_delivery", "Why an event did or did not arrive",
             "Says whether a subscriber got an event: each filter's verdict, each attempt, and what"
             " it waits for.", "custom", "deliveries", Explained, Explanation, _explain, "ops",
             ("operations",), open_world=False),
        Tool("replay_dead_letters", "Send dead letters again",
             "First call: counts what would be sent and gives `confirm`. Second call, with that"
             " alone: sends it.", "update", "dead_letters", Again, Replaying, _again, "ops",
             ("operations",)),
    ]  # fmt: skip


async def _explain(call: Call, asked: Explained) -> Shape:
    found = await explain.explained(call.store, asked.subscriber_id, asked.event_id)
    if found["connection_id"] != call.c:
        raise Failed(404, "event_id: there is no such event of this connection")
    return {"result": found, "untrusted": True}


async def _again(call: Call, asked: Again) -> Shape:
    if asked.confirm is not None:
        if asked.model_fields_set - {"confirm", *Asked.model_fields}:
            raise invalid("confirm", "stands alone: what is sent is what the dry run counted")
        return await _confirmed(call, asked.confirm)
    wanted = await of_letters(call.store, _letters(call, asked))
    counted = await replays.counted(call.store, wanted)
    confirm = "cfm_" + ids.draw()
    key, said = keys.mcp_confirm(confirm), wanted.model_dump_json(exclude_defaults=True)
    await call.store.pipe.call("HSET", key, "by", _by(call), "query", said)
    await call.store.pipe.call("EXPIRE", key, CONFIRMED_WITHIN_S)
    return {"dry_run": True, "replay": None, **counted, "confirm": confirm}


def _letters(call: Call, asked: Again) -> LettersAsked:
    chosen: Shape = {"kind": "delivery", "types": asked.types, "connection_ids": [call.c]}
    given: Shape = {
        "dead_letter_ids": asked.dead_letter_ids, "subscriber_ids": asked.subscriber_ids,
        "since": iso_or_none(asked.since), "until": iso_or_none(asked.until), "filter": chosen,
    }  # fmt: skip
    return LettersAsked.model_validate({k: v for k, v in given.items() if v is not None})


def _by(call: Call) -> str:
    return f"{call.caller.kind}:{call.caller.id}:{call.c}"


async def _confirmed(call: Call, confirm: str) -> Shape:
    key = keys.mcp_confirm(confirm)
    by, query, made = await call.store.pipe.call("HMGET", key, "by", "query", "replay")
    if by is None or by.decode() != _by(call):
        raise Failed(404, "confirm: it has expired, or is another caller's; begin with a dry run")
    if not await call.store.pipe.call("HSETNX", key, "taken", "1"):
        return await _made(call, made)
    try:
        replay = await replays.begun(call.store, Query.model_validate_json(query), None)
    except Exception:
        await call.store.pipe.call("HDEL", key, "taken")
        raise
    await call.store.pipe.call("HSET", key, "replay", replay.id)
    return _told(replays.shown(replay))


async def _made(call: Call, made: bytes | None) -> Shape:
    replay = await call.store.replays.get(made.decode()) if made else None
    if replay is None:
        raise Failed(409, "confirm: it is being carried out; ask again in a moment")
    return _told(replays.shown(replay))


def _told(replay: Shape) -> Shape:
    return {"dry_run": False, "total": replay["total"], "replay": replay}

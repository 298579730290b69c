"""What only a change log can tell: what changed since, and the story of one candidate."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
from pydantic import Field, field_validator

from service.core import events as known
from service.core import times
from service.core.unified.model import Ref
from service.mcp_server import pages, records
from service.mcp_server.failing import invalid
from service.mcp_server.pages import enveloped, written
from service.mcp_server.tool import AnyId, Call, Paged, Shape, Told, Tool
from service.mcp_server.untrusted import MARK
from service.ops.instants import Instant

READ_AT_ONCE: Final = 500
LOOKED_AT_MOST: Final = 20_000
BELOW: Final = (
    "candidate", "candidate_notes", "candidate_attachments", "candidate_evaluations",
    "candidate_interviews",
)  # fmt: skip
Types = Annotated[tuple[Annotated[str, Field(max_length=60)], ...], Field(max_length=60)]


class Since(Paged):
    """From where on, and what of it."""

    since: Instant | None = Field(None, description="RFC 3339; the oldest event kept without")
    types: Types = Field(("*",), description="exact event types, or `model.*`")

    @field_validator("types")
    @classmethod
    def _known(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if any(known.pattern_problem(pattern) for pattern in patterns):
            raise ValueError("names a type that there is not, as candidate.* or job.closed")
        return patterns


class OfOne(Paged):
    """Whose timeline."""

    id: AnyId = Field(description="the candidate's id")


class Happened(Told):
    """One change event, by Recruitee's ids."""

    event_id: str
    type: str
    at: str
    origin: str | None = None
    model: str | None = None
    id: str | None = Field(None, description="Recruitee's id of the record")
    candidate_id: str | None = None
    sequence: int | None = None
    changes: list[dict[str, Any]] = Field(default_factory=list)


class Events(Told):
    """Events, and where to go on."""

    result: list[Happened] = Field(json_schema_extra=MARK)
    next_cursor: str | None
    position: str | None = Field(None, description="a next_cursor for later: after all that was")
    missed: int = Field(0, description="events that are older than what is kept, or were erased")
    untrusted: bool = True
    truncated: bool = False


def tools() -> list[Tool]:
    """Return both."""
    return [
        Tool("what_changed_since", "What changed since",
             "Lists change events in the order in which they were committed, with each changed"
             " field before and after; `position` is the cursor to come back with.",
             "custom", "events", Since, Events, _since, tags=("changes",), open_world=False),
        Tool("candidate_timeline", "A candidate's timeline",
             "Lists everything that happened to a candidate, their applications, interviews, notes,"
             " documents and ratings, newest first.",
             "custom", "events", OfOne, Events, _timeline, tags=("changes", "candidates"),
             open_world=False),
    ]  # fmt: skip


async def _since(call: Call, asked: Since) -> Shape:
    after = _start(asked)
    found: list[tuple[str, Shape]] = []
    looked = missed = 0
    more = True
    while more and len(found) < asked.limit and looked < LOOKED_AT_MOST:
        entries = await call.store.log.oldest(call.c, after, READ_AT_ONCE)
        wanted = [e for e in entries if any(known.matches(p, e.type) for p in asked.types)]
        room = asked.limit - len(found)
        wanted, cut = wanted[:room], len(wanted) > room
        bodies = await call.store.log.bodies([e.event_id for e in wanted])
        there = [(e, orjson.loads(b)) for e, b in zip(wanted, bodies, strict=True) if b]
        missed += len(wanted) - len(there)
        found += [(e.position, body) for e, body in there]
        looked += len(entries)
        after = wanted[-1].position if cut else (entries[-1].position if entries else after)
        more = cut or len(entries) == READ_AT_ONCE
    rows = await told(call, [body for _, body in found])
    page = enveloped(rows, [(position,) for position, _ in found], more=more)
    whole = len(page["result"]) == len(found)
    page["next_cursor"] = page["next_cursor"] or (written((after,)) if more else None)
    return page | {"position": written((after,)) if whole else page["next_cursor"],
                   "missed": missed}  # fmt: skip


def _start(asked: Since) -> str:
    if asked.next_cursor is not None:
        position = str(pages.read(asked.next_cursor, str)[0])
        ms, _, number = position.partition("-")
        if not (ms.isdecimal() and number.isdecimal() and len(position) <= 32):
            raise invalid("next_cursor", "is not a cursor of this list")
        return position
    return f"{asked.since - 1}-99999999999999" if asked.since else "0-0"


async def _timeline(call: Call, asked: OfOne) -> Shape:
    who = await records.remote(call, "candidate", asked.id, "id")
    refs = await _of_candidate(call, who)
    if len(refs) == 1:
        await records.one(call, "candidate", who)  # 404 for somebody who never was
    lines = await asyncio.gather(*(call.store.log.timeline(call.c, *ref) for ref in refs))
    names = [event for line in lines for event in line]
    bodies = [orjson.loads(b) for b in await call.store.log.bodies(names) if b]
    bodies.sort(key=_moment, reverse=True)
    if asked.next_cursor is not None:
        last = pages.read(asked.next_cursor, str, int, str)
        bodies = [body for body in bodies if _moment(body) < tuple(last)]
    chosen = bodies[: asked.limit]
    rows = await told(call, chosen)
    return enveloped(rows, [_moment(b) for b in chosen], more=len(bodies) > len(chosen))


async def _of_candidate(call: Call, who: str) -> list[Ref]:
    """Return a candidate and all that hangs on them."""
    inside = await asyncio.gather(
        *(call.store.records.children(call.c, Ref(root, who)) for root in BELOW)
    )
    return [Ref("candidate", who), *sorted(set().union(*inside) - {Ref("candidate", who)})]


def _moment(body: Mapping[str, Any]) -> tuple[str, int, str]:
    return (str(body["timestamp"]), int(body.get("sequence") or 0), str(body["id"]))


async def told(call: Call, bodies: Sequence[Mapping[str, Any]]) -> list[Shape]:
    """Return events as tools show them: every id in their changes is Recruitee's, stages have names."""
    changes = [_changes(body) for body in bodies]
    flat = [{each["path"]: [each.get("before"), each.get("after")]} for c in changes for each in c]
    names = await records.named(call, flat)
    stages = {i for (model, _), i in names.items() if model == "stage"}
    named = await _names(call, "stage", stages)
    return [
        _told(body, [_change(each, names, named) for each in mine])
        for body, mine in zip(bodies, changes, strict=True)
    ]


def _changes(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(body["data"].get("changes") or ())


def _change(
    each: Mapping[str, Any], names: Mapping[tuple[str, str], str], stages: Mapping[str, str]
) -> Shape:
    path = str(each["path"])
    before = records.translated(each.get("before"), names, path)
    after = records.translated(each.get("after"), names, path)
    shape = {"path": path, "before": before, "after": after}
    if path == "current_stage_id":
        shape |= {"before_name": stages.get(str(before)), "after_name": stages.get(str(after))}
    return shape


def _told(body: Mapping[str, Any], changes: list[Shape]) -> Shape:
    said = body["data"]
    subject = said.get("subject") or {}
    mine = subject.get("remote_id") if subject.get("model") == "candidate" else None
    return {
        "event_id": body["id"], "type": body["type"], "at": body["timestamp"],
        "origin": body.get("origin"), "model": said.get("model"), "id": said.get("remote_id"),
        "candidate_id": mine, "sequence": body.get("sequence"), "changes": changes,
    }  # fmt: skip


async def _names(call: Call, model: str, remote_ids: set[str]) -> dict[str, str]:
    known_ = await call.store.records.load(call.c, [Ref(model, i) for i in sorted(remote_ids)])
    return {ref.remote_id: str(each.fields.get("name") or "") for ref, each in known_.items()}


async def stage_names(call: Call) -> dict[str, str]:
    """Return a stage's unified id -> its name, for all of them."""
    found: dict[str, str] = {}
    async for chunk in call.store.records.pages(call.c, "stage"):
        for each in chunk.values():
            found[str(each.fields.get("id"))] = str(each.fields.get("name") or "")
    return found


def iso_or_none(ms: int | None) -> str | None:
    """Return an instant as text."""
    return None if ms is None else times.iso(ms)

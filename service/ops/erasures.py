"""Erasures: forget a candidate, as a stored job that a worker carries out; whom it told, and who took it."""

from collections import Counter
from typing import Annotated, Any, Final

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from service.core import ids, times
from service.core.store.connections import Connection
from service.core.store.erasures import Erasure
from service.core.store.store import Store
from service.core.store.suppression import PERSON
from service.core.store.traces import Traces
from service.core.unified.model import Ref
from service.ops.bodies import given, query, unknown
from service.ops.paging import Page, page, row_after, rows
from service.problems import Json, Problem
from service.state import Request

UNTOLD: Final = (
    "{count} subscribers got the person but do not ask for `candidate.erased`: see `not_told`"
)
OUTSIDE: Final = (
    "backups and copies of Redis' files that were made before",
    "what subscribers and readers of the API and the feed keep: `acknowledgements` says who took the news",
    "free text about the person in records of others (a job's notes)",
)
REPLICAS: Final = "files of {count} replica(s): have each write its own anew (BGREWRITEAOF)"
AOF: Final = "Redis' append-only file, which could not be written anew ({state}): run BGREWRITEAOF"
SLOW: Final = "Redis' log of slow commands, which quotes arguments ({state}): run SLOWLOG RESET"
DUMP: Final = "Redis' dump, which could not be written anew ({state}): run BGSAVE"

FILES: Final = ("aof", "dump", "slow_log", "replicas")


def _text_of(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_text_of), StringConstraints(pattern=r"^[0-9A-Za-z:_-]{1,64}$")]


class Asked(BaseModel):
    """Whom to erase; the candidate's id is Recruitee's or the unified one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: Annotated[
        Id, Field(validation_alias=AliasChoices("connection_id", "connection"))
    ]
    candidate_id: Annotated[Id, Field(validation_alias=AliasChoices("candidate_id", "candidate"))]
    dry_run: bool = False


class Query(Page):
    """Filters of `GET erasures`; all given ones must match."""

    connection_id: str | None = None
    candidate_id: str | None = None
    status: str | None = None


async def listed(request: Request) -> Response:
    """List erasures, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Query)
    digests = await _digests(store, asked) if asked.candidate_id else None

    def takes(one: Erasure) -> bool:
        return (
            asked.connection_id in (None, one.c)
            and asked.status in (None, one.status)
            and (digests is None or one.digest in digests)
        )

    found_ = rows(store.erasures.pages(row_after(asked.after)), store.erasures.load, takes)
    answer = await page(found_, asked.limit, lambda one: one)
    return Json(answer | {"items": [await _shown(store, one) for one in answer["items"]]})


async def create(request: Request) -> Response:
    """Begin an erasure; from this answer on nothing of the person is stored. A dry run only counts."""
    store: Store = request.state["store"]
    asked = Asked.model_validate(await given(request))
    connection = await store.connections.get(asked.connection_id.removeprefix("recruitee:"))
    if connection is None:
        raise unknown("connection", asked.connection_id)
    remote_id = await _remote_id(store, connection, asked.candidate_id)
    if asked.dry_run:
        return Json(await _counted(store, connection, remote_id))
    made = await store.erasures.create(connection.id, remote_id)
    if made is None:
        raise unknown("connection", asked.connection_id)
    return Json(await _shown(store, made), 202)


async def show(request: Request) -> Response:
    """Show one erasure: how far it is, what was removed, who has acknowledged it."""
    store: Store = request.state["store"]
    return Json(await _shown(store, await found(request)))


async def lift(request: Request) -> Response:
    """Let the candidate in again: what a webhook or a full read shows of it is stored from now on."""
    store: Store = request.state["store"]
    one = await found(request)
    if one.status == "running":
        raise Problem(409, "the erasure still runs: lift its suppression when it is done")
    await store.suppression.lift(one.c, one.digest)
    return Response(status_code=204)


async def found(request: Request) -> Erasure:
    """Return the erasure that the path names; raises Problem 404."""
    store: Store = request.state["store"]
    e: str = request.path_params["id"]
    one = await store.erasures.get(e)
    if one is None:
        raise unknown("erasure", e)
    return one


async def _remote_id(store: Store, connection: Connection, candidate: str) -> str:
    """Return Recruitee's id; one that nobody has seen yet may be erased ahead. Raises Problem 404."""
    remote = await store.records.remote_id(connection.id, PERSON, candidate)
    if remote is None and not (candidate.isascii() and candidate.isdigit()):
        raise unknown(PERSON, candidate)
    return remote or candidate.lstrip("0")


async def _digests(store: Store, asked: Query) -> set[str]:
    names = [asked.connection_id] if asked.connection_id else await store.connections.ids()
    found_ = set()
    for c in names:
        who = asked.candidate_id or ""
        remote = await store.records.remote_id(c, PERSON, who)
        found_.add(await store.suppression.digest(c, Ref(PERSON, remote or who)))
    return found_


async def _counted(store: Store, connection: Connection, remote_id: str) -> dict[str, Any]:
    traces = Traces(store.pipe, store.records, store.vault, connection.id, remote_id)
    known = await traces.find()
    deliveries = [kept async for kept in traces.deliveries(known.events)]
    letters = [letter async for letter in traces.letters(known)]
    waiting = [row async for row in traces.inbox(known)]
    parked = [row async for row in traces.parked(known)]
    return {
        "connection_id": connection.id,
        "candidate": _who(connection.id, remote_id),
        "known": Ref(PERSON, remote_id) in known.records,
        "counts": {
            **Counter(ref.model for ref in (*known.records, *known.activities)),
            "events": len(known.events),
            "deliveries": len({kept.delivery.id for kept in deliveries}),
            "dead_letters": len(letters),
            "inbox_entries": len(waiting),
            "parked_entries": len(parked),
        },
        "subscribers": sorted({kept.delivery.s for kept in deliveries if kept.delivery.n}),
    }


async def _shown(store: Store, one: Erasure) -> dict[str, Any]:
    return {
        "id": one.id,
        "connection_id": one.c,
        "candidate": _who(one.c, one.remote_id) if one.remote_id else None,
        "status": one.status,
        "step": one.step or None,
        "reason": one.reason or None,
        "created_at": times.iso(one.created),
        "started_at": times.iso(one.started) if one.started else None,
        "finished_at": times.iso(one.finished) if one.finished else None,
        "counts": dict(one.counts),
        "event_id": one.event_id or None,
        "acknowledgements": await _acknowledgements(store, one),
        "not_told": list(one.untold),
        "suppressed": await store.suppression.holds(one.c, one.digest),
        "files": {name: one.files.get(name) for name in FILES},
        "unreachable": _unreachable(one) if one.status != "running" else [],
    }


def _who(c: str, remote_id: str) -> dict[str, str]:
    return {"id": ids.record_id(c, PERSON, remote_id), "remote_id": remote_id}


async def _acknowledgements(store: Store, one: Erasure) -> list[dict[str, Any]]:
    """Return who was told, and when each took it, as it is known now."""
    owners = {ids.subscriber_tag(s): s for s in one.told}
    names = await store.deliveries.of_event(one.event_id) if one.event_id else []
    taken: dict[str, int] = dict(one.acked)
    for delivery in await store.deliveries.load(names, owners):
        if delivery is not None and (at := delivery.taken_at):
            taken.setdefault(delivery.s, at)
    return [
        {
            "subscriber_id": s,
            "event_id": one.event_id,
            "delivered_at": times.iso(taken[s]) if s in taken else None,
        }
        for s in one.told
    ]


def _unreachable(one: Erasure) -> list[str]:
    said = list(OUTSIDE)
    if one.untold:
        said.append(UNTOLD.format(count=len(one.untold)))
    if replicas := int(one.files.get("replicas") or 0):
        said.append(REPLICAS.format(count=replicas))
    for name, text in (("aof", AOF), ("dump", DUMP), ("slow_log", SLOW)):
        if (state := one.files.get(name)) in ("failed", "refused"):
            said.append(text.format(state=state))
    return said

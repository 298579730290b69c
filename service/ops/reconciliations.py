"""Reconciliations and the ledger: what was compared, what no webhook told, how deep the proof is."""

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.core import times
from service.core.store import keys
from service.core.store.connections import UNAUTHORIZED, Connection
from service.core.store.reconciliations import Reconciliation
from service.core.store.store import Store
from service.ops.bodies import query, unknown
from service.ops.connections import found
from service.problems import Json, Problem
from service.state import Request

MINUTE_MS, DAY_MS = 60_000, 86_400_000


class Asked(BaseModel):
    """Which reconciliations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Days(BaseModel):
    """Over how many days the ledger is added up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(default=30, ge=1, le=400)


async def begin(request: Request) -> Response:
    """Compare now; one that is under way is returned as it is."""
    store: Store = request.state["store"]
    connection = await found(request)
    if connection.status == UNAUTHORIZED:
        raise Problem(409, "Recruitee refuses the token of this connection: give a new one first")
    one = await store.reconciliations.begin(connection.id)
    await _wake(store, connection)
    return Json(shown(one), 202)


async def listed(request: Request) -> Response:
    """List reconciliations, newest first."""
    store: Store = request.state["store"]
    asked = query(request, Asked)
    wanted = [asked.connection_id] if asked.connection_id else await store.connections.ids()
    every = [one for c in wanted for one in await store.reconciliations.all(c)]
    every.sort(key=lambda one: (one.began, one.id), reverse=True)
    return Json({"items": [shown(one) for one in every[: asked.limit]], "next_cursor": None})


async def show(request: Request) -> Response:
    """Show one."""
    return Json(shown((await _named(request))[1]))


async def confirm(request: Request) -> Response:
    """Say that what vanished at once is gone indeed: a reconciliation that was held goes on."""
    connection, one = await _held(request)
    store: Store = request.state["store"]
    one.status, one.reason, one.done, one.confirmed = "running", "", 0, True
    await store.reconciliations.save(one)
    await _wake(store, connection)
    return Json(shown(one), 202)


async def cancel(request: Request) -> Response:
    """End one that is held or under way; nothing that vanished is ended."""
    store: Store = request.state["store"]
    _, one = await _named(request)
    if one.status in ("running", "held"):
        await store.reconciliations.end(one, "canceled", "by hand")
    return Json(shown(one))


async def ledger(request: Request) -> Response:
    """Show what each detector found, the gaps, and how far back nothing can be missing."""
    store: Store = request.state["store"]
    connection = await found(request)
    days = query(request, Days).days
    c = connection.id
    watch = await store.watching.get(c)
    counts = await store.watching.counted(c, days)
    past = await store.reconciliations.all(c)
    doubts = await _doubts(store, c)
    proof = _proof(watch, past)
    return Json(
        {
            "connection_id": c,
            "days": days,
            "webhooks": counts.get("webhook", 0),
            "told": _under("told:", counts),
            "seen": _under("seen:", counts),
            "differing": _under("differing:", counts),
            "gaps": [gap | {"at": times.iso(gap["at"])} for gap in await store.watching.gaps(c)],
            "doubts": doubts,
            "oldest_doubt_at": min((d["at"] for d in doubts), default=None),
            "feed": _feed(watch),
            "proof": proof,
            "says": _sentence(proof, doubts),
        }
    )


def shown(one: Reconciliation) -> dict[str, Any]:
    """Return a reconciliation as the ops API shows it."""
    return {
        "id": one.id,
        "connection_id": one.connection_id,
        "status": one.status,
        "reason": one.reason or None,
        "began_at": times.iso(one.began),
        "done_at": times.iso(one.done) if one.done else None,
        "compared": one.read,
        "differing": one.differing,
        "absent": one.absent,
        "doubts": one.doubts,
    }


async def _wake(store: Store, connection: Connection) -> None:
    await store.connections.wake(connection.id, connection.status, asked=times.now_ms())


async def _named(request: Request) -> tuple[str, Reconciliation]:
    store: Store = request.state["store"]
    name: str = request.path_params["id"]
    for c in await store.connections.ids():
        if one := await store.reconciliations.get(c, name):
            return c, one
    raise unknown("reconciliation", name)


async def _held(request: Request) -> tuple[Connection, Reconciliation]:
    store: Store = request.state["store"]
    c, one = await _named(request)
    connection = await store.connections.get(c)
    if one.status != "held" or connection is None:
        raise Problem(409, f"it is {one.status}: only one that is held waits for a confirmation")
    return connection, one


async def _doubts(store: Store, c: str) -> list[dict[str, Any]]:
    raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", keys.doubts(c))
    rows = [{"list": name.decode(), **orjson.loads(said)} for name, said in raw.items()]
    return [row | {"at": times.iso(row["at"])} for row in sorted(rows, key=lambda row: row["at"])]


def _under(prefix: str, counts: dict[str, int]) -> dict[str, int]:
    return {n.removeprefix(prefix): k for n, k in sorted(counts.items()) if n.startswith(prefix)}


def _feed(watch: dict[str, str]) -> dict[str, Any]:
    polled = int(watch.get("polled_at", 0))
    served = watch.get("served")
    return {
        "served": None if served is None else served == "1",
        "polled_at": times.iso(polled) if polled else None,
    }


def _proof(watch: dict[str, str], past: list[Reconciliation]) -> dict[str, Any]:
    whole = next((one for one in past if one.status == "done" and not one.doubts), None)
    deep = int(watch.get("audit:proved", 0))
    return {
        "lists_at": times.iso(whole.began) if whole else None,
        "deep_at": times.iso(deep) if deep else None,
        "deep_age_days": round((times.now_ms() - deep) / DAY_MS, 1) if deep else None,
    }


def _sentence(proof: dict[str, Any], doubts: list[dict[str, Any]]) -> str:
    """Say in words what is proved."""
    if proof["lists_at"] is None:
        return "No reconciliation has compared every list yet."
    said = f"As of {proof['lists_at']} nothing is missing that a comparison of all lists can see"
    deep = proof["deep_age_days"]
    said += f"; the deep proof is {deep} days old." if deep is not None else "; no deep proof yet."
    return said + (f" {len(doubts)} lists are in doubt." if doubts else "")

"""The ledger: what was received, what each detector found, the gaps, and how far the proof goes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.core import times
from service.core.store import keys
from service.core.store.reconciliations import Reconciliation
from service.core.store.store import Store
from service.core.store.watching import UNHEARD, WEBHOOK
from service.ops.bodies import query
from service.ops.connections import found
from service.problems import Json
from service.state import Request

DAY_MS = 86_400_000


class Days(BaseModel):
    """Over how many days the counts are added up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=1, le=400)] = 30


async def show(request: Request) -> Response:
    """Show a connection's ledger."""
    store: Store = request.state["store"]
    connection = await found(request)
    return Json(await ledger(store, connection.id, query(request, Days).days))


async def ledger(store: Store, c: str, days: int) -> dict[str, Any]:
    """Return a connection's ledger.

    `webhooks`: received. `told`: changes announced, by where they came from. `seen`: what the feed and
    the sweeps gave cause to look at. `unheard`: those of `told` that a webhook tells and none did, or only
    later. `differing`: what reconciliations looked at by itself.
    """
    watch = await store.watching.get(c)
    counts = await store.watching.counted(c, days)
    past = await store.reconciliations.all(c)
    doubts = await _doubts(store, c)
    gaps = [_gap(gap, past) for gap in await store.watching.gaps(c)]
    proof = _proof(watch, past)
    return {
        "connection_id": c,
        "days": days,
        "webhooks": counts.get(WEBHOOK, 0),
        "told": _under("told:", counts),
        "unheard": counts.get(UNHEARD, 0),
        "seen": _under("seen:", counts),
        "differing": _under("differing:", counts),
        "reconciliations": counts.get("reconciled", 0),
        "gaps": gaps,
        "gaps_healed": sum(gap["healed_at"] is not None for gap in gaps),
        "doubts": doubts,
        "oldest_doubt_at": doubts[0]["at"] if doubts else None,
        "held": watch.get("held"),
        "feed": _feed(watch),
        "proof": proof,
        "says": _sentence(proof, doubts, gaps),
    }


async def _doubts(store: Store, c: str) -> list[dict[str, Any]]:
    """Return what is not believed, the oldest first."""
    raw: dict[bytes, bytes] = await store.pipe.call("HGETALL", keys.doubts(c))
    rows = [{"list": name.decode(), **orjson.loads(said)} for name, said in raw.items()]
    return [row | {"at": times.iso(row["at"])} for row in sorted(rows, key=lambda row: row["at"])]


def _gap(gap: Mapping[str, Any], past: Sequence[Reconciliation]) -> dict[str, Any]:
    """Return a gap with when it was healed: at once, or by the first reconcile that began after it."""
    healed: int | None = gap["at"]
    if gap["healed_by"] == "reconcile":
        after = [one.done for one in past if one.status == "done" and one.began >= gap["at"]]
        healed = min(after, default=None)
    return {
        "at": times.iso(gap["at"]),
        "why": gap["why"],
        "since": times.iso(gap["since"]) if gap["since"] else None,
        "healed_by": gap["healed_by"],
        "healed_at": times.iso(healed) if healed else None,
    }


def _under(prefix: str, counts: Mapping[str, int]) -> dict[str, int]:
    return {n.removeprefix(prefix): k for n, k in sorted(counts.items()) if n.startswith(prefix)}


def _feed(watch: Mapping[str, str]) -> dict[str, Any]:
    polled, served = int(watch.get("polled_at", 0)), watch.get("served")
    return {
        "served": None if served is None else served == "1",
        "polled_at": times.iso(polled) if polled else None,
        "backwards": bool(int(watch.get("backwards") or 0)),
        "clock_off_s": int(watch.get("clock_off") or 0),
    }


def _proof(watch: Mapping[str, str], past: Sequence[Reconciliation]) -> dict[str, Any]:
    """Return how far back nothing can be missing, by lists and search, and record by record."""
    whole = next((one for one in past if one.status == "done" and not one.doubts), None)
    deep = int(watch.get("audit:proved", 0))
    return {
        "lists_at": times.iso(whole.began) if whole else None,
        "deep_at": times.iso(deep) if deep else None,
        "deep_age_days": round((times.now_ms() - deep) / DAY_MS, 1) if deep else None,
    }


def _sentence(
    proof: Mapping[str, Any], doubts: Sequence[object], gaps: Sequence[Mapping[str, Any]]
) -> str:
    """Say in words what is proved."""
    said = "No reconciliation has compared every list without a doubt yet"
    if proof["lists_at"]:
        said = f"As of {proof['lists_at']} nothing is missing that a tier-1 read can see"
    deep = proof["deep_age_days"]
    said += f"; deep proof is {deep} days old." if deep is not None else "; no deep proof yet."
    still = sum(gap["healed_at"] is None for gap in gaps)
    said += f" {len(doubts)} lists are in doubt." if doubts else ""
    return said + (f" {still} gaps wait for a reconcile." if still else "")

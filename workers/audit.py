"""The rolling audit: every record is read by itself, with all that it owns, once in thirty days."""

import math
from collections.abc import Mapping

import orjson

from service.core import times
from service.core.recruitee.intervals import AUDIT_S
from service.core.store import keys
from service.core.store.connections import Connection
from service.core.unified.model import Ref
from workers.comparing import entries
from workers.context import Context
from workers.sweeps import owned_by

STEP_S, LONGEST_STEP_S = 60.0, 6 * 3600.0
BITE = 100
FIRST_S = 3600.0
MODELS = ("job", "question_template", "candidate")


async def audit(ctx: Context, connection: Connection, watch: Mapping[str, str]) -> float:
    """Put the next records into the inbox; returns in how many seconds the next ones are due."""
    c = connection.id
    counts = await ctx.store.records.counts(c, MODELS)
    total = sum(counts.values())
    if not total:
        return LONGEST_STEP_S
    left: list[str] = orjson.loads(watch.get("audit:left") or b"[]")
    model, cursor = watch.get("audit:model", ""), int(watch.get("audit:cursor", 0))
    noted = dict[str, str | int]()
    if not left:
        model, begins = _next(model, cursor)
        noted = _new_round(watch) if begins else {}
        reply = await ctx.store.pipe.call("ZSCAN", keys.index(c, model), cursor, "COUNT", BITE)
        cursor, left = int(reply[0]), [row[0].decode() for row in reply[1]]
    each_s = AUDIT_S / total
    now = left[: max(1, math.floor(STEP_S / each_s))]
    await ctx.store.inbox.enqueue(c, entries(await _roots(ctx, c, model, now)))
    noted |= {"audit:model": model, "audit:cursor": cursor}
    noted["audit:left"] = orjson.dumps(left[len(now) :]).decode()
    await ctx.store.watching.note(c, **noted)
    return min(max(len(now) * each_s, 1.0), LONGEST_STEP_S)


def _next(model: str, cursor: int) -> tuple[str, bool]:
    """Return the model to go on with, and whether that begins a round."""
    if cursor:
        return model, False
    at = MODELS.index(model) + 1 if model in MODELS else 0
    return MODELS[at % len(MODELS)], at % len(MODELS) == 0


async def _roots(ctx: Context, c: str, model: str, remote_ids: list[str]) -> list[Ref]:
    """Return what to look at: who has ended by itself, anybody else with what it owns.

    What all owners' records are listed together for is compared with each reconcile.
    """
    known = await ctx.store.records.load(c, [Ref(model, i) for i in remote_ids])
    roots = list(known)
    for ref, snapshot in known.items():
        owned = [] if snapshot.deleted else owned_by(model, bulk=False)
        some = (each for each in owned if snapshot.fields.get(each.counted or "") != 0)
        roots += [Ref(each.name, ref.remote_id) for each in some]
    return roots


def _new_round(watch: Mapping[str, str]) -> dict[str, str | int]:
    """Return that a round begins; where one did before, it is complete: that is how old the proof is."""
    began: dict[str, str | int] = {"audit:began": times.now_ms()}
    return {**began, "audit:proved": watch["audit:began"]} if "audit:began" in watch else began

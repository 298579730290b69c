"""The rolling audit: every candidate is read by itself, with all that it owns, once in thirty days."""

import math
from collections.abc import Mapping

import orjson

from service.core import times
from service.core.recruitee.webhook import entry
from service.core.store import keys
from service.core.store.connections import Connection
from service.core.unified.model import Cause
from service.core.unified.registry import COLLECTIONS
from workers.context import Context

ROUND_S = 30 * 86_400
STEP_S, LONGEST_STEP_S = 60.0, 6 * 3600.0
BECAUSE = Cause(origin="reconcile")


async def audit(ctx: Context, connection: Connection, watch: Mapping[str, str]) -> float:
    """Put the next candidates into the inbox; returns in how many seconds the next ones are due."""
    c = connection.id
    count = (await ctx.store.records.counts(c, ["candidate"]))["candidate"]
    if not count:
        return LONGEST_STEP_S
    left: list[str] = orjson.loads(watch.get("audit:left") or b"[]")
    cursor, noted = int(watch.get("audit:cursor", 0)), dict[str, str | int]()
    if not left:
        if cursor == 0:
            noted |= _new_round(watch)
        reply = await ctx.store.pipe.call("ZSCAN", keys.index(c, "candidate"), cursor, "COUNT", 100)
        cursor, left = int(reply[0]), [row[0].decode() for row in reply[1]]
    each_s = ROUND_S / count
    now_many = max(1, math.floor(STEP_S / each_s))
    names = ["candidate", *(n for n, each in COLLECTIONS.items() if each.owner == "candidate")]
    entries = [entry(f"{name}:{i}", BECAUSE) for i in left[:now_many] for name in names]
    await ctx.store.inbox.enqueue(c, entries)
    noted |= {"audit:left": orjson.dumps(left[now_many:]).decode(), "audit:cursor": cursor}
    await ctx.store.watching.note(c, **noted)
    return min(max(each_s, STEP_S), LONGEST_STEP_S)


def _new_round(watch: Mapping[str, str]) -> dict[str, str | int]:
    """Return that a round begins; where one did before, it is complete: that is how old the proof is."""
    began: dict[str, str | int] = {"audit:began": times.now_ms()}
    return {**began, "audit:proved": watch["audit:began"]} if "audit:began" in watch else began

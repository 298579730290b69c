"""Whether webhooks still come: what they tell, and only others told of, is a gap of its own.

Every ten minutes the ledger is compared with what it was: no webhook since, though others told of changes
that webhooks tell. A webhook may be on its way; when none came ten minutes later either, that is said,
once for as long as it lasts.
"""

from collections.abc import Mapping

from service.core import times
from service.core.logs import logger
from service.core.store.connections import Connection
from service.core.store.watching import UNHEARD, WEBHOOK
from workers.context import Context

EVERY_MS = 600_000
WINDOW_DAYS = 2  # across midnight; a day that leaves the window only puts it off
SAID = -1
WHY = "no webhook came, though changes were made that webhooks tell"
log = logger("silence")


async def listen(ctx: Context, connection: Connection, watch: Mapping[str, str]) -> None:
    """Look whether webhooks come, if it is time and they are set up; note the gap when they do not."""
    now = times.now_ms()
    if not connection.secrets or now - int(watch.get("silence_at", 0)) < EVERY_MS:
        return
    counts = await ctx.store.watching.counted(connection.id, WINDOW_DAYS)
    heard, unheard = counts.get(WEBHOOK, 0), counts.get(UNHEARD, 0)
    was_heard, was_unheard, since = _before(watch)
    if was_heard != heard:
        since = 0
    elif since == 0 and unheard > was_unheard:
        since = now
    elif since > 0:
        await _say(ctx, connection.id, watch, since)
        since = SAID
    noted = f"{heard}:{unheard}:{since}"
    await ctx.store.watching.note(connection.id, silence=noted, silence_at=now)


def _before(watch: Mapping[str, str]) -> tuple[int, int, int]:
    """Return how many were heard and unheard at the last look, and since when that is silence, in ms."""
    heard, unheard, since = (int(n) for n in watch.get("silence", "-1:0:0").split(":"))
    return heard, unheard, since


async def _say(ctx: Context, c: str, watch: Mapping[str, str], since: int) -> None:
    healed_by = "feed" if watch.get("served") == "1" else "reconcile"
    log.warning("silence.gap", connection_id=c, why=WHY, healed_by=healed_by)
    await ctx.store.watching.gap(c, WHY, since, healed_by)

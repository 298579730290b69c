"""Limits to how long records are kept: what ended longer ago than the connection wants is forgotten.

Only what has ended (a deleted candidate or job with all that was its own) and entries of the activity feed
have a limit: what Recruitee still shows would only be read anew. Nothing is told: the end was, when it came.
"""

from collections.abc import Mapping

from service.core import times
from service.core.logs import logger
from service.core.store.connections import Connection
from service.core.store.memory import Rung
from service.core.unified.model import Fields, Ref, Snapshot
from service.core.unified.models import activity
from workers.context import Context

CHUNK = 200
DAY_MS = 86_400_000
log = logger("limits")


async def limits(ctx: Context) -> None:
    """Forget, connection by connection, what is past its limit."""
    for connection in await ctx.store.connections.all():
        for model, days in _days(ctx, connection).items():
            if ctx.stopping.is_set() or await ctx.ladder.rung() >= Rung.ONLY_DELIVERY:
                return
            await _forget(ctx, connection.id, model, days)


def _days(ctx: Context, connection: Connection) -> Mapping[str, float]:
    """Return model -> days; activities are kept as long as events where nothing else is said."""
    by_itself = {activity.NAME: ctx.settings.event_retention_days}
    return by_itself | dict(connection.options.retention_days)


async def _forget(ctx: Context, c: str, model: str, days: float) -> None:
    before = await ctx.store.log.ago(int(days * 86_400))
    gone, stays = 0, 0
    while not ctx.stopping.is_set():
        known, looked = await ctx.store.records.older(c, model, before, stays, CHUNK)
        over = [ref for ref, snapshot in known.items() if _is_over(ref, snapshot, before)]
        # An entry of the feed is told of once and never comes again.
        await ctx.store.records.forget(c, over, for_good=model == activity.NAME)
        gone += len(over)
        stays += looked - len(over)
        if looked < CHUNK:
            break
    if gone:
        log.info("limits.forgotten", connection_id=c, model=model, count=gone)


def _is_over(ref: Ref, snapshot: Snapshot, before: int) -> bool:
    if ref.model == activity.NAME:
        return _at(snapshot.fields, "remote_created_at", before)
    return snapshot.deleted and _at(snapshot.fields, "remote_deleted_at", before)


def _at(fields: Fields, name: str, before: int) -> bool:
    """Say whether an instant lies before another; one that is not known is as old as the record."""
    at = times.parse(fields.get(name))
    return at is None or at < before

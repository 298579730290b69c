"""A token that Recruitee refuses: stop the connection, say so, and see when it works again."""

from service.core import times
from service.core.errors import Fenced
from service.core.logs import logger
from service.core.recruitee.client import Ok
from service.core.store.connections import UNAUTHORIZED, Connection
from service.core.store.inbox import Lease
from workers.asking import company
from workers.context import Context
from workers.drain import LEASE_MS

PROBE_FIRST_MS, PROBE_LAST_MS = 5000, 300_000
log = logger("inbound")


async def unauthorized(ctx: Context, connection: Connection, reason: str, lease: Lease) -> None:
    """Stop the connection and say so; its inbox stays as it is."""
    now = await ctx.store.connections.get(connection.id)
    if now is None or now.api_token != connection.api_token:
        return  # an answer to the old token says nothing of the new one
    log.warning("connection.unauthorized", connection_id=connection.id)
    if not await ctx.store.claims.renew("in", lease, LEASE_MS):
        raise Fenced(lease.id)
    # Said before it is noted, under the number of the stop: said again after a crash, or by another
    # fetch of the same moment, it is the same event.
    stops = connection.stops + 1
    about = {"connection_id": connection.id, "reason": reason}
    await ctx.store.records.announce(connection.id, "connection.unauthorized", about, stops)
    await ctx.store.connections.note(
        connection.id, status=UNAUTHORIZED, reason=reason, stops=stops, probe_ms=PROBE_FIRST_MS,
        probe_at=times.now_ms() + PROBE_FIRST_MS,
    )  # fmt: skip
    ctx.on_events()


async def probe(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """See whether the token works again; if not, look again ever more rarely."""
    # Every webhook brings the connection here: they must not make it ask more often.
    left = min(connection.probe_at - times.now_ms(), PROBE_LAST_MS)
    if left > 0:
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=left)
    answer = await ctx.recruitee.get(company(connection), "/admin")
    if not isinstance(answer, Ok):
        delay = min(max(connection.probe_ms, PROBE_FIRST_MS) * 2, PROBE_LAST_MS)
        probe_at = times.now_ms() + delay
        await ctx.store.connections.note(connection.id, probe_ms=delay, probe_at=probe_at)
        return await ctx.store.inbox.release(lease, look_again=False, delay_ms=delay)
    about = {"connection_id": connection.id}
    await ctx.store.records.announce(connection.id, "connection.restored", about, connection.stops)
    await ctx.store.connections.restore(connection)
    ctx.on_events()
    return await ctx.store.inbox.release(lease, look_again=False, delay_ms=0)

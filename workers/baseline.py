"""The baseline: the first read of a connection, under its lease, while its inbox waits."""

import asyncio
import contextlib

from service.core.errors import Fenced
from service.core.logs import logger
from service.core.recruitee.client import Unauthorized
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from workers.asking import Done, Failed, Outcome, Unanswered
from workers.context import Context
from workers.drain import LEASE_MS
from workers.poll import Poll
from workers.searching import ORDERS, Search
from workers.sync import Sync
from workers.tokens import PROBE_FIRST_MS, unauthorized

RENEW_S = 1.5
LEAST_WAIT_S = 1.0
log = logger("sync")


async def baseline(ctx: Context, connection: Connection, lease: Lease) -> int | None:
    """Take the baseline under the lease, renewing it; the inbox waits until it is done."""
    sync, began = Sync(ctx, connection, lease), False
    while sync.first:
        step = sync.step() if began else _heads(ctx, connection, lease)
        outcome = await _renewing(ctx, lease, asyncio.create_task(step))
        began = True
        match outcome:
            case None:
                # Every page is kept before the next is read: another worker goes on from here.
                return await ctx.store.inbox.release(lease, look_again=False, delay_ms=0)
            case Unauthorized(reason):
                await unauthorized(ctx, connection, reason, lease)
                return await ctx.store.inbox.release(
                    lease, look_again=False, delay_ms=PROBE_FIRST_MS
                )
            case Failed(reason, after_s):
                delay = int(max(LEAST_WAIT_S, after_s or 0) * 1000)
                log.warning("baseline.waits", connection_id=lease.id, reason=reason, delay_ms=delay)
                return await ctx.store.inbox.release(lease, look_again=False, delay_ms=delay)
    return await ctx.store.inbox.release(lease, look_again=True, delay_ms=0)


async def _heads(ctx: Context, connection: Connection, lease: Lease) -> Outcome:
    """Note where feed and search stand before anything is read: what comes after is looked for there."""
    watch = await ctx.store.watching.get(connection.id)
    if "cursor" not in watch and "served" not in watch:
        outcome = await Poll(ctx, connection, lease, watch).step()
        if not isinstance(outcome, Done):
            return outcome
    try:
        for order in ORDERS:
            if f"mark:{order}" not in watch:
                latest = await Search(ctx, connection, order, 0).head() or 0
                stands = {f"mark:{order}": latest, f"proof:{order}": latest}
                await ctx.store.watching.note(connection.id, **stands)
    except Unanswered as error:
        return error.outcome
    return Done(0)


async def _renewing(ctx: Context, lease: Lease, task: "asyncio.Task[Outcome]") -> Outcome | None:
    """Return what a step comes to, or None when the process is to end."""
    ending = asyncio.create_task(ctx.stopping.wait())
    try:
        while not task.done():
            await asyncio.wait({task, ending}, timeout=RENEW_S, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not task.done():
                return None
            if not task.done() and not await ctx.store.claims.renew("in", lease, LEASE_MS):
                raise Fenced(lease.id)
        return task.result()
    finally:
        ending.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})

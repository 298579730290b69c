"""The sweep: every few seconds, ring for whatever is due, and let go of what is past its time."""

import asyncio

from service.core.errors import StoreUnavailable
from service.core.logs import logger, where
from workers.context import Context
from workers.retention import make_room

TEND_S = 5.0
log = logger("sweep")


async def sweep(ctx: Context) -> None:
    """Put lost work back in line, ring, trim the listings."""
    oldest = await ctx.store.log.ago(ctx.settings.retention_s)
    found = int(await ctx.store.pipe.run("sweep", oldest))
    if found:
        log.warning("sweep.put_back", lines=found)


async def tend(ctx: Context) -> None:
    """Sweep and watch over memory until cancelled.

    A loop of the worker's own and no job: arq starts none while Redis is full, and a job every five
    seconds was most of what an idle worker asked of Redis. Workers may sweep at once: it is one script.
    """
    while True:
        for work in (make_room, sweep):
            try:
                await work(ctx)
            except StoreUnavailable as error:
                log.warning("tend.store_unavailable", reason=str(error))
            except Exception as error:  # noqa: BLE001 - what fails now comes again in seconds
                log.error("tend.failed", error=where(error))
        await asyncio.sleep(TEND_S)

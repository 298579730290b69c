"""The sweep: every few seconds, ring for whatever is due, and let go of what is past its time."""

from service.core.logs import logger
from workers.context import Context
from workers.retention import drop_early

log = logger("sweep")


async def sweep(ctx: Context) -> None:
    """Put lost work back in line, ring, trim the listings, make room where memory is short."""
    oldest = await ctx.store.log.ago(ctx.settings.retention_s)
    found = int(await ctx.store.pipe.run("sweep", oldest))
    if found:
        log.warning("sweep.put_back", lines=found)
    await drop_early(ctx)

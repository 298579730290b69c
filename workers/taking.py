"""Take entries of the feed: what they are about goes into the inbox, then they are kept themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.core.logs import logger
from service.core.recruitee import feed
from service.core.recruitee.intervals import ACTIVE, EDITED
from service.core.recruitee.webhook import entry as inbox_entry
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.unified.model import Ref
from service.core.unified.models import activity
from workers.commit import Commit, Found
from workers.context import Context
from workers.scope import within

log = logger("poll")


@dataclass(frozen=True, slots=True)
class Taking:
    """One connection's entries."""

    ctx: Context
    connection: Connection
    lease: Lease

    async def take(self, entries: Sequence[feed.Entry], settled: int) -> int:
        """Take those that were not taken before; returns how many. Redoing it is harmless.

        Entries up to the number `settled` are not asked for again, and so need not be remembered.
        """
        c, watching = self.connection.id, self.ctx.store.watching
        fresh = await watching.not_taken(c, [one.id for one in entries])
        new = [one for one in entries if one.id in fresh]
        if not new:
            return 0
        rows = [inbox_entry(root, one.cause) for one in new for root in one.look.roots]
        rows += await self._at_each_pipeline(new)
        if rows:
            await self.ctx.store.inbox.enqueue(c, rows)
        await self._wider(frozenset[str]().union(*(one.look.wider for one in new)))
        for one in new:
            await self._keep(one)
        await watching.took(c, [one.id for one in new], settled)
        await watching.count(c, {"seen:activity": len(new)})
        return len(new)

    async def _at_each_pipeline(self, new: Iterable[feed.Entry]) -> list[bytes]:
        """Return entries that look at one job of each pipeline, for stages that name no job."""
        about = [one for one in new if feed.PIPELINES in one.look.wider]
        if not about:
            return []
        jobs = await self.ctx.store.records.all_fields(self.connection.id, "job", "stage_ids")
        one_of_each = {str(stages): job for job, stages in sorted(jobs.items())}
        return [inbox_entry(f"job:{job}", about[-1].cause) for job in one_of_each.values()]

    async def _wider(self, wider: frozenset[str]) -> None:
        noted: dict[str, str | int] = {}
        if feed.NEWCOMERS in wider:
            noted |= {f"due:{EDITED}": 0, f"due:{ACTIVE}": 0}
        if feed.ALL in wider:
            noted["reconcile"] = 1
        await self.ctx.store.watching.note(self.connection.id, **noted)

    async def _keep(self, one: feed.Entry) -> None:
        """Tell of an entry those who name it; it is told once, whatever becomes of it later."""
        commit = Commit(self.ctx, self.connection, self.lease, [one.cause])
        commit.began()
        facts = commit.facts()
        draft = activity.draft(one.raw, (), facts)
        kept = await within(commit, [draft] if draft else [])
        token = await self.ctx.store.records.token()
        found = [Found(each, Ref(each.model, each.remote_id)) for each in kept]
        await commit.run(found, [], token, {}, facts)

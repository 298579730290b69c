"""The line that ours is held against: one stock arq job per step, well tuned, all else the same."""

import gc
import os
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import uvloop
from arq.worker import Retry, Worker, func

from service.core import ids, logs, signing, times
from service.core.net.exchange import post
from service.core.recruitee.webhook import parse_entry
from service.core.settings import Settings
from service.core.store.connections import Connection
from service.core.store.inbox import Lease
from service.core.store.records import Committed, Records, Write
from service.core.store.store import Store
from service.core.store.subscribers import Subscriber
from service.core.unified.model import Change, Ref
from workers.asking import Done
from workers.bell import open_arq, serializers
from workers.context import Context, open_context
from workers.refetch import refetch

_told: ContextVar[list[str]] = ContextVar("told")


class Telling(Records):
    """Remembers the ids of the events that a commit wrote, since each becomes a job."""

    async def commit(
        self,
        c: str,
        fetch: int,
        writes: Sequence[Write],
        changes: Sequence[tuple[int, Change]],
        *,
        lease: Lease | None = None,
        acks: Sequence[str] = (),
        parked: str = "",
        ring: bool = True,
        people: Iterable[str] = (),
        asked_ms: int | None = None,
        seen: Sequence[Ref] = (),
    ) -> Committed:
        """Commit as ever."""
        done = await super().commit(c, fetch, writes, changes, ring=False)
        told = [ids.event_id(c, change.model, change.remote_id, n) for n, change in changes]
        _told.set(told if done is Committed.DONE else [])
        return done


class Line:
    """The two jobs."""

    def __init__(
        self, ctx: Context, connections: dict[str, Connection], subscribers: list[Subscriber]
    ) -> None:
        self._ctx = ctx
        self._connections = connections
        self._subscribers = subscribers

    async def refetch(self, ctx: dict[Any, Any], c: str, entry: str) -> None:
        """Fetch, compare, commit; then one job for each delivery."""
        root, cause = parse_entry(entry.encode())
        model, _, remote_id = root.partition(":")
        outcome = await refetch(
            self._ctx,
            self._connections[c],
            Ref(model, remote_id),
            [cause],
            None,
            (),
            "",
            patient=True,
        )
        if not isinstance(outcome, Done):
            raise Retry(defer=1)
        for event_id in _told.get():
            for subscriber in self._subscribers:
                await ctx["redis"].enqueue_job("deliver", event_id, subscriber.id)

    async def deliver(self, ctx: dict[Any, Any], event_id: str, s: str) -> None:
        """Sign and send one event."""
        subscriber = next(one for one in self._subscribers if one.id == s)
        body = await self._ctx.store.log.body(event_id)
        if body is None:
            return
        at = times.now_ms()
        headers = {"content-type": "application/json"}
        headers |= signing.delivery_headers(event_id, at // 1000, body, subscriber.live_secrets(at))
        outcome = await post(
            self._ctx.subscribers, subscriber.wanted.url, body, headers, timeout_s=15,
            allowed=self._ctx.settings.networks,
        )  # fmt: skip
        if not outcome.succeeded:
            raise Retry(defer=5)


def _telling(store: Store, settings: Settings) -> Telling:
    return Telling(store.pipe, settings.retention_s, store.suppression)


async def work(settings: Settings) -> None:
    """Be a worker until ended."""
    async with open_context(settings) as ctx:
        ctx = replace(ctx, store=replace(ctx.store, records=_telling(ctx.store, settings)))
        connections = {one.id: one for one in await ctx.store.connections.all()}
        line = Line(ctx, connections, await ctx.store.subscribers.all())
        url = settings.redis_url.get_secret_value() if settings.redis_url else ""
        worker = Worker(
            functions=[func(line.refetch, name="refetch"), func(line.deliver, name="deliver")],
            redis_pool=open_arq(url), handle_signals=False, max_jobs=50, poll_delay=0.01, keep_result=0,
            log_results=False, **serializers(),
        )  # fmt: skip
        await worker.async_run()


if __name__ == "__main__":
    given = Settings.from_env(os.environ)
    logs.configure(given.log_level, given.log_format)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    uvloop.run(work(given))

"""The erasure of a person: a stored job, step by step, each of which may be done again.

The suppress list comes first, with the job itself: from then on nothing of the person is committed, parked
or asked for. So whatever a step finds and removes does not come back behind it. What is on its way to a
subscriber at that moment is waited for, since its attempt is written down when it ends.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import orjson

from service.core import times
from service.core.errors import Fenced
from service.core.logs import logger
from service.core.store import keys
from service.core.store.deliveries import Delivery
from service.core.store.erasures import COUNTED, Erasure
from service.core.store.files import Files
from service.core.store.inbox import Lease
from service.core.store.suppression import PERSON
from service.core.store.traces import Found, Kept, Traces
from service.core.unified.model import Ref
from workers.context import BODIES_LIVE_S, Context
from workers.drain import LEASE_MS
from workers.rewriting import Rewriting
from workers.telling import acknowledged, tell

CACHED_MS = int(BODIES_LIVE_S * 1000) + 500
"""For so long a worker may still know a body that is gone."""
LOOK_AGAIN_MS = 250
CHUNK = 500
log = logger("erasure")


async def serve_erasure(ctx: Context, lease: Lease, news: asyncio.Event) -> int | None:
    """Go on with an erasure until it is done; then look now and then who has acknowledged it."""
    one = await ctx.store.erasures.get(lease.id)
    if one is None:
        return await ctx.store.erasures.release(lease, None)
    if one.status == "running":
        with contextlib.suppress(_Stopped):
            await _leased(ctx, lease, _Job(ctx, one).run())
        return await ctx.store.erasures.release(lease, 0)
    return await ctx.store.erasures.release(lease, await acknowledged(ctx, one))


class _Stopped(Exception):
    """The process is to end: another goes on from the step that was begun last."""


async def _leased(ctx: Context, lease: Lease, work: Coroutine[Any, Any, None]) -> None:
    """Work while the lease is ours; raises Fenced when it is not any more."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LEASE_MS / 3000)
            if not task.done() and not await ctx.store.claims.renew("era", lease, LEASE_MS):
                raise Fenced(lease.id)
        task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


class _Job:
    """One erasure, from the step on that was begun last."""

    def __init__(self, ctx: Context, one: Erasure) -> None:
        self._ctx = ctx
        self._store = ctx.store
        self._one = one
        self._c = one.c
        self._found: Found | None = None

    async def run(self) -> None:
        """Do the steps that are left."""
        if self._one.remote_id is None:
            return await self._note(
                status="failed", reason="nobody knows any more whom it is about"
            )
        if not self._one.started:
            log.info("erasure.started", erasure_id=self._one.id, connection_id=self._c)
            await self._note(started=times.now_ms())
        steps = self._steps()
        names = list(steps)
        # With a connection that was unlinked all else went.
        linked = await self._store.connections.get(self._c) is not None
        begun = self._one.step if linked else names[-1]
        for name in names[names.index(begun) if begun else 0 :]:
            if self._ctx.stopping.is_set():
                raise _Stopped
            await self._note(step=name)
            await steps[name]()
        await self._note(status="done", finished=times.now_ms())
        log.info("erasure.done", erasure_id=self._one.id, connection_id=self._c)

    def _steps(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Return what is done, in order; records last, since they lead to all else."""
        return {
            "tell": self._tell,
            "events": self._events,
            "deliveries": self._deliveries,
            "letters": self._letters,
            "inbox": self._inbox,
            "actions": self._actions,
            "records": self._records,
            "files": self._files,
        }

    async def _note(self, **facts: str | int) -> None:
        await self._store.erasures.note(self._one.id, **facts)
        self._one = self._one.model_copy(update=facts)

    async def _pause(self, ms: int) -> None:
        if self._ctx.stopping.is_set():
            raise _Stopped
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ms / 1000):
                await self._ctx.stopping.wait()

    def _traces(self) -> Traces:
        store, who = self._store, self._one.remote_id or ""
        return Traces(store.pipe, store.records, store.vault, self._c, who)

    async def _known(self) -> Found:
        """Return what was found; looked for once, since the next steps take it away bit by bit."""
        if self._found is None:
            self._found = await self._traces().find()
        return self._found

    async def _tell(self) -> None:
        """Announce it, to those who ever got the person."""
        while not await tell(self._ctx, self._one, self._traces(), await self._known()):
            self._found = None
            await self._pause(LOOK_AGAIN_MS)

    async def _events(self) -> None:
        """Remove the bodies of what was told of the person, as they are and as they were rendered."""
        await self._without_bodies()
        await self._note(bodies_gone=times.now_ms())

    async def _without_bodies(self) -> None:
        events = sorted((await self._known()).events)
        erasures, e = self._store.erasures, self._one.id
        await erasures.unlink(e, "events", [keys.event(event) for event in events])
        await erasures.unlink(e, "renderings", [keys.body(event) for event in events])

    async def _deliveries(self) -> None:
        """Take out of every attempt's log what a subscriber answered; let lanes go on."""
        flies = await self._scrubbed()
        self._ctx.on_events()
        # For a moment workers may still know a body that is gone; what leaves then is seen to fly.
        left = CACHED_MS - (times.now_ms() - self._one.bodies_gone)
        while flies or left > 0:
            await self._pause(max(LOOK_AGAIN_MS, left))
            left = CACHED_MS - (times.now_ms() - self._one.bodies_gone)
            flies = await self._scrubbed()
        # A worker that had a body in hand may have kept its rendering since.
        await self._without_bodies()

    async def _scrubbed(self) -> bool:
        """Scrub what is not in flight; returns whether anything is."""
        flies = False
        async for kept in self._traces().deliveries((await self._known()).events):
            flies |= kept.flies
            if not kept.flies:
                await self._scrub(kept)
                if kept.field:
                    await self._store.deliveries.retry_now(kept.delivery.s, kept.delivery.id)
        return flies

    async def _scrub(self, kept: Kept) -> None:
        after = _scrubbed(kept.delivery)
        if after != kept.delivery:
            # An open one that moved meanwhile is looked at again: it is in flight, or settled by now.
            await self._store.erasures.scrub(
                self._one.id, kept.key, kept.field, kept.raw, after.dump()
            )

    async def _letters(self) -> None:
        """Remove dead letters, outbound and inbound, quarantined webhooks among them."""
        found = await self._known()
        for letter in [each async for each in self._traces().letters(found)]:
            await self._store.erasures.discard(self._one.id, *letter)

    async def _inbox(self) -> None:
        """Remove what waits to be looked at."""
        found, erasures, traces = await self._known(), self._store.erasures, self._traces()
        e, c = self._one.id, self._c
        await erasures.clean_inbox(e, c, [row async for row in traces.inbox(found)])
        await erasures.clean_parked(e, c, [row async for row in traces.parked(found)])
        roots = sorted(found.mentions.roots)
        await self._store.pipe.call("HDEL", f"begun:{c}", *roots)
        await self._store.pipe.call("HDEL", keys.doubts(c), *roots)
        await self._store.pipe.call("SREM", keys.hidden(c), *roots)

    async def _actions(self) -> None:
        """Forget what was asked for about the person, be it done or not, and that they were made here."""
        who = self._one.remote_id or ""
        await self._store.actions.forget(self._c, who)
        applied = (ref for ref in (await self._known()).records if ref.model == "application")
        await self._store.made.drop(self._c, [Ref(PERSON, who), *applied])

    async def _records(self) -> None:
        """Forget the candidate and all whose subject it is, in one step, its activities before."""
        found, records = await self._known(), self._store.records
        counts = Counter(COUNTED + ref.model for ref in (*found.records, *found.activities))
        before = self._one.counts
        await self._note(
            **{name: max(n, before.get(name[len(COUNTED) :], 0)) for name, n in counts.items()}
        )
        for start in range(0, len(found.activities), CHUNK):
            await records.forget(self._c, found.activities[start : start + CHUNK], for_good=True)
        await records.forget(self._c, found.everything())

    async def _files(self) -> None:
        """Have Redis write its files anew: what was removed is still in them."""
        said = await Rewriting(Files(self._store.pipe), self._pause).run()
        await self._note(files=orjson.dumps(said).decode())
        if "failed" in said.values():
            log.warning("erasure.files_not_rewritten", erasure_id=self._one.id)
            await self._note(reason="Redis could not write its files anew: see `hirewire doctor`")


def _scrubbed(delivery: Delivery) -> Delivery:
    attempts = tuple(one.model_copy(update={"response_excerpt": ""}) for one in delivery.log)
    return delivery.model_copy(update={"log": attempts})

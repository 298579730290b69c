"""What happens while processes live and die: people edit, webhooks come in, operators replay."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import orjson

from service.core import signing, times
from service.core.logs import where
from service.core.recruitee.intervals import sweeps
from service.core.replaying.reviving import revive
from service.core.store.connections import ACTIVE
from service.core.store.replays import Item
from service.core.store.runs import Run
from service.hooks import Hooks
from service.webhooks import PREFIX, Receiver
from tests.crash.acts import Acts
from tests.crash.far_ends import FarEnds
from tests.model import edits
from tests.model.company import Webhook
from tests.model.reads import Reads
from workers.app import Drains
from workers.context import Context
from workers.sweep import sweep

SECRET = "hook-secret"
MOST_UNSENT = 6
GIVEN_UP = 0.03
AGAIN = 0.06
MOST_ERASED = 6
PAUSES = (0.0, 0.0, 0.0, 0.0005, 0.002)


class Story:
    """Goes on from life to life; what a dead process did not acknowledge is sent again."""

    def __init__(
        self, rng: random.Random, ends: FarEnds, hook: str, subscribers: list[str]
    ) -> None:
        self._rng = rng
        self._ends = ends
        self._company = ends.company
        self._path = PREFIX + hook
        self._subscribers = subscribers
        self._sending: set[int] = set()
        self.among = edits.ALL
        self.replays = 0.0
        self.sweeps = 0.05
        self.syncs = 0.0
        self.erases = 0.0
        self.looks = 0.0
        self.writes = 0.0
        self.acts = Acts(rng, ends.company)
        self.asked: set[str] = set()  # whom to erase
        self.erased: set[str] = set()  # those that was answered of
        self.emits = 1.0
        self.reads = Reads(self._company)
        self.problems: list[str] = []

    def born_again(self) -> None:
        """Forget what was under way in a process that is dead."""
        self._sending.clear()

    async def live(self, ctx: Context, drains: Drains) -> None:
        """Go on until the process dies."""
        hooks = Hooks(ctx.settings, ctx.store.pipe)
        tasks = set[asyncio.Task[None]]()
        while True:
            action = self._next(ctx, hooks)
            task = asyncio.ensure_future(self._heeded(action, drains))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            await asyncio.sleep(self._rng.choice(PAUSES))

    async def send_all(self, ctx: Context) -> None:
        """Send every webhook that is not acknowledged yet."""
        hooks = Hooks(ctx.settings, ctx.store.pipe)
        for webhook in list(self._company.outbox):
            await self._send(webhook, hooks)

    async def replay_dead(self, ctx: Context) -> None:
        """Replay every dead letter there is, and put back what died on its way in."""
        await self._replay(ctx, everything=True)
        async for rows in ctx.store.dead_letters.pages():
            for dead in await ctx.store.dead_letters.load([name for name, _ in rows]):
                if dead and dead.kind == "inbound" and not await revive(ctx.store, dead):
                    await ctx.store.dead_letters.discard(dead.id)

    def _next(self, ctx: Context, hooks: Hooks) -> Any:
        chance = self._rng.random()
        if chance < self.sweeps:
            return sweep(ctx)
        if chance < self.sweeps + self.replays:
            return self._replay(ctx)
        if chance < self.sweeps + self.replays + self.syncs:
            return self.sync(ctx)
        if chance > 1 - self.writes:
            return self.acts.act(ctx)
        if chance > 1 - self.looks:
            return self.look(ctx)
        if chance > 1 - self.erases:
            return self._erase(ctx)
        unsent = [w for w in self._company.outbox if id(w) not in self._sending]
        if unsent and (chance > 0.4 or len(unsent) > MOST_UNSENT):
            # Mostly in order; now and then a later one overtakes.
            return self._send(unsent[0 if self._rng.random() < 0.8 else -1], hooks)
        return self._edit()

    async def _heeded(self, action: Any, drains: Drains) -> None:
        try:
            await action
        except Exception as error:  # noqa: BLE001 - a caller sees an error and comes again
            if type(error).__name__ != "StoreUnavailable":
                self.problems.append(f"a fault of ours: {where(error)}: {error}")
        drains.refetch.wake()

    async def sync(self, ctx: Context, *, deep: bool = False) -> None:
        """Ask for a full read, as the ops API does; one that is under way is not begun anew."""
        (connection,) = await ctx.store.connections.all()
        if connection.status != ACTIVE or not Run.of(connection).done:
            return
        emit, deep = self._rng.random() < self.emits, deep or self._rng.random() < 0.8
        run = Run.asked_for(emit=emit, deep=deep)
        with self._ends.lock:
            self.reads.ended(Run.of(connection).began)
            self.reads.begins(run.began, emit=emit, deep=deep)
        sync, parts = run.dump()
        await ctx.store.connections.wake(connection.id, ACTIVE, sync=sync, baseline=parts)

    async def look(self, ctx: Context, *, everywhere: bool = False) -> None:
        """Let looks by the clock be due: some, and a reconcile now and then, or all."""
        (connection,) = await ctx.store.connections.all()
        if connection.status != ACTIVE or not Run.of(connection).done:
            return
        names = ["poll", *sweeps(fed=True)]
        chosen = names if everywhere else self._rng.sample(names, 3)
        await ctx.store.watching.note(connection.id, **{f"due:{name}": 0 for name in chosen})
        if everywhere or self._rng.random() < 0.3:
            await ctx.store.reconciliations.begin(connection.id)
        await ctx.store.connections.wake(connection.id, ACTIVE, asked=times.now_ms())

    async def _erase(self, ctx: Context) -> None:
        """Ask for an erasure; whether that was heard nobody knows before it is asked for again."""
        with self._ends.lock:
            living = sorted(self._company.candidates)
        if living and len(self.erased) < MOST_ERASED:
            self.asked.add(str(self._rng.choice(living)))
        await self.erase_all(ctx)

    async def erase_all(self, ctx: Context) -> None:
        """Ask for every erasure that was not answered yet."""
        (c,) = await ctx.store.connections.ids()
        for who in sorted(self.asked - self.erased):
            if await ctx.store.erasures.create(c, who):
                self.erased.add(who)

    async def _edit(self) -> None:
        with self._ends.lock:
            edits.edit(self._company, self.among)
            if self._company.outbox and self._rng.random() < GIVEN_UP:
                self._company.outbox.pop()  # lost on its way: nobody ever acknowledges it

    async def _send(self, webhook: Webhook, hooks: Hooks) -> None:
        self._sending.add(id(webhook))
        try:
            status = await post(hooks, self._path, webhook.body)
        finally:
            self._sending.discard(id(webhook))
            webhook.body["attempt_count"] += 1
        if status == 200:
            self._acknowledged(webhook)
        elif status != 503:
            self.problems.append(f"a webhook was answered {status}")

    def _acknowledged(self, webhook: Webhook) -> None:
        if not webhook.acknowledged:
            webhook.acknowledged = True
            self._company.history.acknowledged(webhook.covers)
        if webhook in self._company.outbox and self._rng.random() > AGAIN:
            self._company.outbox.remove(webhook)

    async def _replay(self, ctx: Context, *, everything: bool = False) -> None:
        items = [item async for item in _dead(ctx)]
        if not everything:
            items = items[:3] + await self._old(ctx)
        if items:
            await ctx.store.replays.create(items, times.now_ms())

    async def _old(self, ctx: Context) -> list[Item]:
        c = (await ctx.store.connections.ids())[0]
        entries = await ctx.store.log.oldest(c, "0-0", 1000)
        chosen = self._rng.sample(entries, min(2, len(entries)))
        return [Item(entry.event_id, self._rng.choice(self._subscribers)) for entry in chosen]


async def post(hooks: Hooks, path: str, body: dict[str, Any]) -> int:
    """Put a signed webhook through the receiver; return the status that left it."""
    raw = orjson.dumps(body)
    sign = signing.recruitee_signature(SECRET, raw).encode()
    scope = {
        "type": "http", "method": "POST", "path": path, "headers": [(signing.RECRUITEE_HEADER, sign)],
        "state": {"hooks": hooks},
    }  # fmt: skip
    left: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        left.append(message.get("status", 0))

    await Receiver()(scope, receive, send)
    return left[0]


async def _dead(ctx: Context) -> Any:
    replaying = await ctx.store.dead_letters.all_replaying()
    async for rows in ctx.store.dead_letters.pages():
        for dead in await ctx.store.dead_letters.load([name for name, _ in rows]):
            if dead and dead.id not in replaying and dead.event_id and dead.subscriber_id:
                yield Item(dead.event_id, dead.subscriber_id, dead.id)


Act = Callable[[Context, Drains], Any]

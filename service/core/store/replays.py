"""Replays: stored jobs that send old events again, item by item, and survive a restart.

A replay is made of items, or of a query that a worker turns into items chunk by chunk: the query and
the cursor are stored, so that any worker may go on. A backfill is a replay whose items are records.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.store import keys
from service.core.store.deliveries import Delivery
from service.core.store.inbox import Lease
from service.core.store.listing import Row, walk
from service.core.store.redis import Arg, Pipe

Status = Literal["running", "paused", "done", "canceled"]
Kind = Literal["replay", "backfill"]
DROP_AT_ONCE = 1000


class Replay(BaseModel):
    """One replay (contract section 4)."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: Status
    total: int  # of a replay that selects: one more than it has selected, so that it does not end
    done: int = 0
    failed: int = 0
    created: int
    kind: Kind = "replay"
    rate: float | None = None  # deliveries per second
    selecting: bool = False
    cursor: str = ""  # where the selection stands
    subscriber: str | None = None  # a backfill's

    @property
    def selected(self) -> int:
        """How many items it has selected by now."""
        return self.total - self.selecting


class Item(NamedTuple):
    """One event for one subscriber, perhaps out of a dead letter; or a dead inbound webhook."""

    event_id: str
    subscriber_id: str
    dead_letter_id: str = ""


class Kept(NamedTuple):
    """One record whose state a backfill sends."""

    event_id: str  # "", as the next two: a row is read by its first three like an item's
    subscriber_id: str
    dead_letter_id: str
    connection_id: str
    model: str
    remote_id: str


class Next(NamedTuple):
    """What a replay may open now: none when it has to wait, or when nothing is left."""

    running: bool
    selecting: bool
    length: int
    wait_ms: int
    rows: list[list[str]]


class Bounds(NamedTuple):
    """How much of a replay's may be due, and open, at a subscriber's."""

    due: int
    open: int


class Replays:
    """Reads and writes of replays."""

    def __init__(self, pipe: Pipe, retention_s: int) -> None:
        self._pipe = pipe
        self._retention_s = retention_s

    async def create(
        self, items: Sequence[Item], now: int, *, done: int = 0, failed: int = 0
    ) -> Replay:
        """Store a replay with all its items and let a worker begin.

        `done` and `failed` are items that were settled when the replay was asked for.
        """
        items = once(items)
        r, total = "rpl_" + ids.draw(), len(items) + done + failed
        status: Status = "running" if items else "done"
        for start in range(0, len(items), 500):
            rows = [orjson.dumps(list(item)) for item in items[start : start + 500]]
            await self._pipe.run("fill_replay", r, self._retention_s, start, *rows)
        letters = [item.dead_letter_id for item in items if item.dead_letter_id]
        await self._pipe.run(
            "new_replay", r, self._retention_s, status, total, done, failed, now, *letters
        )
        return Replay(id=r, status=status, total=total, done=done, failed=failed, created=now)

    async def begin(
        self,
        query: bytes,
        now: int,
        *,
        rate: float | None = None,
        kind: Kind = "replay",
        subscriber: str | None = None,
        head_start_ms: int = 0,
    ) -> Replay:
        """Store a replay that has yet to select its items.

        `head_start_ms` is for whoever makes it: no worker looks at it before, unless it is woken.
        """
        r = "rpl_" + ids.draw()
        extra: list[Arg] = ["kind", kind]
        extra += ["rate", rate] if rate is not None else []
        extra += ["subscriber", subscriber] if subscriber is not None else []
        await self._pipe.run(
            "begin_replay", r, self._retention_s, now, head_start_ms, query, "", *extra
        )
        return Replay(
            id=r, status="running", total=1, created=now, kind=kind, rate=rate, selecting=True,
            subscriber=subscriber,
        )  # fmt: skip

    async def query(self, r: str) -> bytes:
        """Return what a replay asks for; empty when it is gone."""
        return await self._pipe.call("GET", keys.replay_query(r)) or b""

    async def select(
        self, r: str, before: str, after: str, items: Sequence[Item | Kept], *, ended: bool
    ) -> bool:
        """Add what was selected and move the cursor, atomically; False when it does not select (any more).

        When another has moved the cursor meanwhile nothing is added.
        """
        args: list[Arg] = [r, self._retention_s, before, after, int(ended)]
        for item in items:
            args += [orjson.dumps(list(item)), item.dead_letter_id]
        return int(await self._pipe.run("select_replay", *args)) >= 0

    async def wake(self, r: str) -> None:
        """Let a worker look at it now."""
        await self._pipe.run("wake_replay", r)

    async def get(self, r: str) -> Replay | None:
        """Return a replay, or None."""
        raw: dict[bytes, bytes] = await self._pipe.call("HGETALL", keys.replay(r))
        return (
            Replay.model_validate({k.decode(): v.decode() for k, v in raw.items()}) if raw else None
        )

    async def load(self, replay_ids: Sequence[str]) -> list[Replay | None]:
        """Return replays; None for those that are gone."""
        return await asyncio.gather(*(self.get(r) for r in replay_ids))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (replay, when made) in chunks, newest first."""
        return walk(self._pipe, "rpls", after)

    async def items(self, r: str, count: int) -> tuple[int, list[Item]]:
        """Return how many items have yet to be opened, and the next of them, whatever the rate."""
        length = self._pipe.call("LLEN", keys.replay_queue(r))
        rows = await self._pipe.call("LRANGE", keys.replay_queue(r), 0, count - 1)
        return int(await length), [Item(*orjson.loads(row)) for row in rows]

    async def next(self, r: str, count: int, bounds: Bounds) -> Next:
        """Return what may be opened next, as far as the rate and its subscribers' lines allow."""
        return _next(await self._pipe.run("next_replay", r, count, *bounds))

    async def next_kept(self, r: str, count: int, bounds: Bounds, kept_s: int) -> Next:
        """Return the records that a backfill may open next.

        The body of what was received goes after `kept_s` seconds: no log has it.
        """
        return _next(await self._pipe.run("next_backfill", r, count, *bounds, kept_s))

    async def open(
        self,
        r: str,
        length: int,
        deliveries: Sequence[Delivery],
        skipped: Sequence[Item],
        revived: Sequence[Item] = (),
    ) -> bool:
        """Open deliveries and move the queue on, atomically; False when the replay stands still.

        `length` is the queue's as `items` returned it: a call that is sent twice moves on once.
        """
        args: list[Arg] = [r, self._retention_s, length, len(deliveries)]
        for d in deliveries:
            args += [d.s, d.id, d.lane, d.dump(), d.e, d.dlt or ""]
        for those in (skipped, revived):
            args += [len(those), *(item.dead_letter_id for item in those)]
        return int(await self._pipe.run("open_replay", *args)) >= 0

    async def open_kept(
        self, r: str, length: int, s: str, rows: Sequence[tuple[Arg, ...]]
    ) -> int | None:
        """Open a backfill's next deliveries; returns how many rows it moved on, None: it stands still.

        It stops at the first record that has changed since it was rendered.
        """
        flat = [part for row in rows for part in row]
        moved = int(await self._pipe.run("open_backfill", r, self._retention_s, length, s, *flat))
        return None if moved < 0 else moved

    async def release(self, lease: Lease, wait_ms: int = 0) -> int | None:
        """Hand a replay back; it stays ready while it has items left."""
        due = int(await self._pipe.run("release_replay", lease.id, lease.token, wait_ms))
        return None if due < 0 else due

    async def move(self, r: str, status: Status, *before: Status) -> bool:
        """Pause, resume or cancel; False when the status is none of `before`.

        A canceled replay forgets what it has not opened.
        """
        if not await self._pipe.run("move_replay", r, status, *before):
            return False
        if status == "running":
            await self.wake(r)
        if status == "canceled":
            while int(await self._pipe.run("drop_replay", r, DROP_AT_ONCE)):
                pass
        return True


def once(items: Sequence[Item]) -> list[Item]:
    """Return each (event, subscriber) once, as a dead letter if it is one: it is one delivery."""
    chosen: dict[tuple[str, str], Item] = {}
    for item in items:
        # An inbound dead letter has neither: it stands for itself.
        key = (item.event_id, item.subscriber_id) if item.event_id else (item.dead_letter_id, "")
        if key not in chosen or item.dead_letter_id:
            chosen[key] = item
    return list(chosen.values())


def _next(reply: list[int | bytes]) -> Next:
    running, selecting, length, wait_ms, *rows = reply
    found = [orjson.loads(row) for row in rows if isinstance(row, bytes)]
    return Next(bool(running), bool(selecting), int(length), int(wait_ms), found)

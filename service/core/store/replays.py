"""Replays: stored jobs that send old events again, item by item, and survive a restart."""

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


class Replay(BaseModel):
    """One replay (contract section 4)."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: Status
    total: int
    done: int = 0
    failed: int = 0
    created: int


class Item(NamedTuple):
    """One event for one subscriber, perhaps out of a dead letter; or a dead inbound webhook."""

    event_id: str
    subscriber_id: str
    dead_letter_id: str = ""


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
        items = _once(items)
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
        """Return how many items have yet to be opened, and the next of them."""
        length = self._pipe.call("LLEN", keys.replay_queue(r))
        rows = await self._pipe.call("LRANGE", keys.replay_queue(r), 0, count - 1)
        return int(await length), [Item(*orjson.loads(row)) for row in rows]

    async def open(
        self, r: str, length: int, deliveries: Sequence[Delivery], skipped: Sequence[Item]
    ) -> bool:
        """Open deliveries and move the queue on, atomically; False when the replay stands still.

        `length` is the queue's as `items` returned it: a call that is sent twice moves on once.
        """
        args: list[Arg] = [r, self._retention_s, length, len(deliveries)]
        for d in deliveries:
            args += [d.s, d.id, d.lane, d.dump(), d.e, d.dlt or ""]
        args += [len(skipped), *(item.dead_letter_id for item in skipped)]
        return int(await self._pipe.run("open_replay", *args)) >= 0

    async def release(self, lease: Lease) -> int | None:
        """Hand a replay back; it stays ready while it has items left."""
        due = int(await self._pipe.run("release_replay", lease.id, lease.token))
        return None if due < 0 else due

    async def move(self, r: str, status: Status, *before: Status) -> bool:
        """Pause, resume or cancel; False when the status is none of `before`.

        A canceled replay forgets what it has not opened.
        """
        if not await self._pipe.run("move_replay", r, status, *before):
            return False
        if status == "running":
            await self._pipe.run("wake_replay", r)
        if status == "canceled":
            _, left = await self.items(r, 1_000_000)
            for item in left:
                if item.dead_letter_id:
                    await self._pipe.call("HDEL", "replaying", item.dead_letter_id)
            await self._pipe.call("DEL", keys.replay_queue(r))
        return True


def _once(items: Sequence[Item]) -> list[Item]:
    """Return each (event, subscriber) once, as a dead letter if it is one: it is one delivery."""
    chosen: dict[tuple[str, str], Item] = {}
    for item in items:
        # An inbound dead letter has neither: it stands for itself.
        key = (item.event_id, item.subscriber_id) if item.event_id else (item.dead_letter_id, "")
        if key not in chosen or item.dead_letter_id:
            chosen[key] = item
    return list(chosen.values())

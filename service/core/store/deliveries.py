"""Deliveries: a subscriber's line step by step, open ones, settled ones, dead letters."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from enum import Enum
from typing import Any

from service.core import ids
from service.core.store import keys
from service.core.store.delivery import Attempt, Delivery, LogEntry, Status, entry_of, opened
from service.core.store.inbox import Lease
from service.core.store.listing import Row, walk
from service.core.store.redis import Pipe
from service.core.store.step import (
    Limits,
    Opening,
    Read,
    Settle,
    Step,
    Terms,
    Verdict,
    step_args,
    step_of,
)

__all__ = [
    "Attempt", "Deliveries", "Delivery", "Limits", "LogEntry", "Opening", "Read", "Retried", "Settle",
    "Status", "Step", "Terms", "Verdict", "entry_of", "opened", "step_of",
]  # fmt: skip


class Retried(Enum):
    """What came of asking for the next attempt now, or for none any more."""

    DUE = 1
    NOT_OPEN = 0
    BEHIND = -1  # another of its subject comes first
    IN_FLIGHT = -2


class Deliveries:
    """The subscriber's side of the store."""

    def __init__(self, pipe: Pipe, retention_s: int) -> None:
        self._pipe = pipe
        self._retention_s = retention_s

    async def step(
        self,
        lease: Lease,
        limits: Limits,
        free: int,
        flying: int,
        openings: Sequence[Opening],
        settles: Sequence[Settle],
        terms: Terms = Terms(),  # noqa: B008 - a constant
    ) -> Step:
        """Settle, open, claim and read on in one atomic step; raises Fenced.

        `free` sockets and `flying` in hand are as they are once the settles are done.
        """
        args = step_args(lease, limits, free, flying, self._retention_s, terms, openings, settles)
        return step_of(await self._pipe.run("step", *args), lease)

    async def open_state(self, s: str, delivery_id: str) -> Delivery | None:
        """Return an open delivery, or None."""
        live, _, replayed, _ = await asyncio.gather(*self._ask_open(s, delivery_id))
        raw = live or replayed
        return Delivery.model_validate_json(raw) if raw else None

    async def get(self, delivery_id: str, s: str | None) -> Delivery | None:
        """Return a delivery, open or settled; `s` is its subscriber if that still exists."""
        owners = {ids.tag_of(delivery_id): s} if s else {}
        return (await self.load([delivery_id], owners))[0]

    async def load(
        self, delivery_ids: Sequence[str], owners: Mapping[str, str]
    ) -> list[Delivery | None]:
        """Return deliveries, open or settled; `owners` are the subscribers there are, by tag.

        Of an open one `next` is None while it is in flight or waits behind another.
        """
        asked = [self._load(d, owners.get(ids.tag_of(d), "")) for d in delivery_ids]
        return await asyncio.gather(*asked)

    async def _load(self, delivery_id: str, s: str) -> Delivery | None:
        # Asked in this order, one that is settled in between is found all the same.
        asked = self._ask_open(s, delivery_id)
        settled = self._pipe.call("GET", keys.delivery(delivery_id))
        live, due, replayed, replay_due, kept = await asyncio.gather(*asked, settled)
        found, at = live or replayed, replay_due if due is None else due
        if found:
            waits = None if at is None or float(at) % 1 else int(float(at))
            return Delivery.model_validate_json(found).model_copy(update={"next": waits})
        return Delivery.model_validate_json(kept) if kept else None

    def pages(self, s: str, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (delivery id, when opened) in chunks, newest first; all subscribers' when `s` is ""."""
        return walk(self._pipe, keys.deliveries(s), after)

    async def of_event(self, event_id: str) -> list[str]:
        """Return the ids of an event's deliveries."""
        found = await self._pipe.call("SMEMBERS", keys.deliveries_of(event_id))
        return sorted(d.decode() for d in found)

    async def retry_now(self, s: str, delivery_id: str) -> Retried:
        """Make an open delivery due now, or say what stands in the way."""
        return Retried(await self._pipe.run("retry_now", s, delivery_id))

    async def open_test(self, delivery: Delivery, body: bytes) -> bool:
        """Open a delivery of an event that no log has; False when the subscriber is not active."""
        d = delivery
        return bool(
            await self._pipe.run(
                "open_test", d.s, d.id, d.lane, d.dump(), d.e, body, self._retention_s
            )
        )

    async def backlog(self, s: str) -> int:
        """Return how many deliveries are open."""
        lines = (s, keys.replay_line(s))
        found = [self._pipe.call("HLEN", keys.open_deliveries(line)) for line in lines]
        return sum(await asyncio.gather(*found))

    def _ask_open(self, s: str, delivery_id: str) -> "list[asyncio.Future[Any]]":
        """Ask for an open delivery's state and when it is due, in the live line and in the replays'."""
        return [
            asked
            for line in (s, keys.replay_line(s))
            for asked in (
                self._pipe.call("HGET", keys.open_deliveries(line), delivery_id),
                self._pipe.call("ZSCORE", keys.due(line), delivery_id),
            )
        ]

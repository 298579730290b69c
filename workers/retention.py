"""What is past its time goes, and whoever had not got it yet is counted and told; never silence."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from service.core.delivery.counting import count_wanted
from service.core.logs import logger
from service.core.store.deliveries import LogEntry
from service.core.store.memory import Rung
from service.core.store.subscribers import Subscriber
from workers.context import Context

CHUNK = 500
BUDGET_S = 2.0
MARK_S = 600  # then the log is gone through anew, for what was still open at the first time
log = logger("retention")


@dataclass(frozen=True, slots=True)
class Missed:
    """What a subscriber can no longer get of one log: how much, and where the last of it stands.

    `at_most`: some of it could be judged by its type and connection only, since it has no body any more.
    """

    count: int
    at_most: bool
    end: str


async def trim(ctx: Context) -> None:
    """Trim every log to the retention; a subscriber that stood before its new end is moved and told."""
    oldest = await ctx.store.log.ago(ctx.settings.retention_s)
    for c in await ctx.store.connections.ids():
        await ctx.store.records.say_hidden(c)
        first = await ctx.store.log.oldest(c, "0-0", 1)
        if first and expired(first[0], oldest):
            for subscriber in await ctx.store.subscribers.all():
                await miss(ctx, c, subscriber, oldest)
            await ctx.store.log.trim(c, oldest)


async def miss(ctx: Context, c: str, subscriber: Subscriber, oldest: int) -> None:
    """Count what a subscriber wanted and can no longer get, say so, and move it on."""
    while True:
        start = await ctx.store.log.position(subscriber.id, c)
        gone = await _gone(ctx, c, subscriber, start, oldest)
        if gone.end == start:
            return
        told: dict[str, Any] = {
            "subscriber_id": subscriber.id,
            "connection_id": c,
            "count": gone.count,
            **({"at_most": True} if gone.at_most else {}),
        }
        # It may read on by itself meanwhile: then it is counted anew from where it stands.
        said = told if gone.count else None
        if await ctx.store.records.skip(c, subscriber.id, start, gone.end, said):
            if said:
                log.warning("subscriber.missed", **told)
                ctx.on_events()
            return


async def _gone(ctx: Context, c: str, subscriber: Subscriber, start: str, oldest: int) -> Missed:
    """Return how many of the expired entries it wanted, as far as that can still be known."""
    count, at_most, end = 0, False, start
    while page := await ctx.store.log.oldest(c, end, CHUNK):
        gone = [entry for entry in page if expired(entry, oldest)]
        some = await count_wanted(ctx.store, subscriber, c, gone)
        count, at_most = count + some.count, at_most or some.at_most
        end = gone[-1].position if gone else end
        if len(gone) < len(page):
            break
    return Missed(count, at_most, end)


async def drop_early(ctx: Context) -> None:
    """Over 85 % of memory: drop the bodies that every subscriber has, oldest first, and say so."""
    until = monotonic() + BUDGET_S
    for c in await ctx.store.connections.ids():
        while monotonic() < until and await ctx.ladder.rung() >= Rung.BODIES_GO_EARLY:
            looked_at, dropped = await _drop(ctx, c)
            if dropped:
                log.warning("retention.bodies_dropped_early", connection_id=c, count=dropped)
            if not looked_at:
                break


async def _drop(ctx: Context, c: str) -> tuple[int, int]:
    """Look at the next entries of a log; returns how many, and how many of their bodies went."""
    passed = await _all_passed(ctx, c)
    page = await ctx.store.log.oldest(c, await ctx.store.log.mark(c), CHUNK)
    old = [entry for entry in page if _key(entry.position) <= passed]
    if not old:
        return 0, 0
    had = await _received(ctx, old)
    return len(old), await ctx.store.log.drop(c, had, old[-1].position, MARK_S)


async def _all_passed(ctx: Context, c: str) -> tuple[int, int]:
    """Return the position that every subscriber has passed, as (ms, number)."""
    names = await ctx.store.subscribers.ids()
    places = await asyncio.gather(*(ctx.store.log.position(s, c) for s in names))
    return min((_key(place) for place in places), default=(2**63, 0))


async def _received(ctx: Context, entries: Sequence[LogEntry]) -> list[str]:
    """Return those events whose every delivery was settled as delivered."""
    of_each = await asyncio.gather(
        *(ctx.store.deliveries.of_event(entry.event_id) for entry in entries)
    )
    settled = await ctx.store.deliveries.load([d for those in of_each for d in those], {})
    done = {d.id for d in settled if d is not None and d.status == "delivered"}
    return [
        entry.event_id
        for entry, those in zip(entries, of_each, strict=True)
        if done.issuperset(those)
    ]


async def make_room(ctx: Context) -> None:
    """Do what frees memory, without arq: when Redis is full it starts no job of ours any more."""
    step = await ctx.ladder.rung()
    if step >= Rung.BODIES_GO_EARLY:
        await drop_early(ctx)
    if step >= Rung.ONLY_DELIVERY:
        await trim(ctx)


def expired(entry: LogEntry, oldest: int) -> bool:
    """Say whether an entry is older than an instant, in ms."""
    return int(entry.position.partition("-")[0]) < oldest


def _key(position: str) -> tuple[int, int]:
    ms, _, number = position.partition("-")
    return int(ms), int(number or 0)

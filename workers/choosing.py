"""What becomes of what was read: filters say what is opened, formats as what. All else is the line's."""

from collections.abc import Sequence
from typing import NamedTuple

from service.core.delivery.choosing import choose, keep_groups
from service.core.delivery.gathering import delivery_of, gather
from service.core.delivery.rendering import PLAIN, render_id
from service.core.store.deliveries import Opening, Read, opened
from service.core.store.subscribers import Subscriber
from workers.context import Context


class Chosen(NamedTuple):
    """What a step has to open, and in how many ms there is more to read (None: at once)."""

    openings: Sequence[Opening] = ()
    rest_ms: int | None = None


async def chosen(ctx: Context, subscriber: Subscriber, reads: Sequence[Read], now: int) -> Chosen:
    """Filter what was read; `now` is Redis' time in ms."""
    rows = [await _of_one(ctx, subscriber, read, now) for read in reads]
    rests = [rest for _, rest in rows if rest is not None]
    return Chosen([opening for opening, _ in rows if opening], min(rests, default=None))


async def fetch_bodies(ctx: Context, openings: Sequence[Opening]) -> None:
    """Get the bodies of what is opened in one command, since nearly all is sent at once."""
    events = [d.e for opening in openings for d in opening.deliveries]
    wanted = [e for e in events if ctx.bodies.get((e, PLAIN)) is None]
    if wanted:
        for event, body in zip(wanted, await ctx.store.log.bodies(wanted), strict=True):
            if body is not None:
                ctx.bodies.put((event, PLAIN), body)


async def _of_one(
    ctx: Context, subscriber: Subscriber, read: Read, now: int
) -> tuple[Opening | None, int | None]:
    c, entries, wanted = read.connection_id, read.entries, subscriber.wanted
    good = await choose(ctx.store, subscriber, c, entries, ctx.bodies)
    if wanted.format == "kombo":
        return await _gathered(ctx, subscriber, read, good, now)
    form = render_id(wanted, subscriber.id)
    made = [
        opened(subscriber.id, c, entry, now, form)
        for entry, is_for_it in zip(entries, good, strict=True)
        if is_for_it
    ]
    return Opening(c, read.start, entries[-1].position, made), None


async def _gathered(
    ctx: Context, subscriber: Subscriber, read: Read, good: Sequence[bool], now: int
) -> tuple[Opening | None, int | None]:
    c = read.connection_id
    found = gather(read.entries, good, subscriber.wanted.event_types, now)
    await keep_groups(ctx.store, subscriber, c, found.groups, ctx.settings.retention_s)
    made = [delivery_of(subscriber, c, group, now) for group in found.groups]
    if found.end is None:
        return None, found.wait_ms
    return Opening(c, read.start, found.end, made), found.wait_ms

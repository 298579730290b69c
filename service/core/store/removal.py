"""Forget a connection: its hook first, so that nothing new comes in, then all that was kept of it."""

import orjson

from service.core.store import keys
from service.core.store.listing import walk
from service.core.store.redis import Pipe

EACH_HAS = ("seen", "rec", "kids", "uid", "ix", "tl", "within", "led", "actkey", "passed")


async def forget(pipe: Pipe, c: str, hook: str) -> None:
    """Delete everything that is kept of a connection."""
    await pipe.call("DEL", keys.hook(hook))
    await pipe.call("DEL", keys.connection(c))
    await pipe.call("ZREM", "conns", c)
    await pipe.call("ZREM", "ready:in", c)
    # Fences a worker that is at it: nothing is written back.
    await pipe.call("HDEL", "lease:in", c)
    for pattern in EACH_HAS:
        await _drop(pipe, f"{pattern}:{c}:*")
    await _drop_actions(pipe, c)
    await _drop_log(pipe, c)
    for key in _single(c):
        await pipe.call("UNLINK", key)
    await _drop_dead_letters(pipe, c)


def pairs(raw: object) -> list[tuple[bytes, bytes]]:
    """Return what a reply pairs: redis-py turns HGETALL into a dict, others stay a flat list."""
    if isinstance(raw, dict):
        return list(raw.items())
    flat = list(raw) if isinstance(raw, list) else []
    return list(zip(flat[::2], flat[1::2], strict=True))


def adoptions(c: str) -> tuple[str, ...]:
    """Return the keys of the ids that were taken along."""
    kept, run = (keys.given(c), keys.adopted(c)), keys.adopting(c)
    return (*kept, *(f"{key}:next" for key in kept), run, f"{run}:rows")


def _single(c: str) -> tuple[str, ...]:
    return (
        keys.inbox(c), keys.parked(c), keys.parked_due(c), keys.rate(c), keys.log(c), f"begun:{c}",
        keys.calls(c), keys.unmapped(c), keys.doubts(c), keys.drift(c), keys.listed(c),
        keys.watch(c), keys.gaps(c),
        keys.reconciliations(c), keys.reconciled(c), keys.to_look_at(c), keys.taken(c),
        keys.left_off(c), keys.suppressed(c),
        keys.consents(c), keys.warned(c), keys.actions(c), keys.open_actions(c), keys.made(c), *adoptions(c),
        f"looks:{c}",
    )  # fmt: skip


async def _drop_actions(pipe: Pipe, c: str) -> None:
    async for rows in walk(pipe, keys.actions(c)):
        await pipe.call("UNLINK", *(keys.action(row.member) for row in rows))


async def _drop_dead_letters(pipe: Pipe, c: str) -> None:
    async for rows in walk(pipe, "dead"):
        for row in rows:
            raw = await pipe.call("GET", keys.dead_letter(row.member))
            if raw is None or orjson.loads(raw)["connection_id"] == c:
                await pipe.call("UNLINK", keys.dead_letter(row.member))
                await pipe.call("ZREM", "dead", row.member)


async def _drop_log(pipe: Pipe, c: str) -> None:
    last = "-"
    while page := await pipe.call("XRANGE", keys.log(c), last, "+", "COUNT", 500):
        events = [dict(pairs(fields))[b"e"].decode() for _, fields in page]
        await pipe.call("UNLINK", *(keys.event(e) for e in events))
        last = "(" + page[-1][0].decode()


async def _drop(pipe: Pipe, pattern: str) -> None:
    cursor = b"0"
    while True:
        cursor, found = await pipe.call("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
        if found:
            await pipe.call("UNLINK", *found)
        if int(cursor) == 0:
            return

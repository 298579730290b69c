"""The end of a run: everything that is open settles within a bound, and dead letters are replayed."""

import asyncio
import time
from functools import partial
from typing import Any

from redis.exceptions import RedisError

from tests.faults.figures import Figures
from tests.faults.house import House, until
from tests.faults.receivers import Subscriber
from tests.faults.sender import Sender

DRAINED_WITHIN_S = 60.0
REPLAYED_WITHIN_S = 60.0
IDS_AT_ONCE = 500


async def drained(house: House, sender: Sender, figures: Figures) -> list[str]:
    """Wait until every webhook is acknowledged and nothing is open any more."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(DRAINED_WITHIN_S):
            await sender.finish()
        await until(partial(_settled, house), DRAINED_WITHIN_S)
    except TimeoutError:
        return [f"stuck: {what}" for what in await _open(house)] or [
            "stuck: webhooks not acknowledged"
        ]
    figures.drained_s = time.monotonic() - began
    return []


async def _settled(house: House) -> bool:
    try:
        await _resumed(house)
        return not await _open(house)
    except (RedisError, OSError):
        return False


async def _resumed(house: House) -> None:
    """Be the operator who knows that the receivers are well: an open breaker waits for longer than a run."""
    async with house.redis.client() as client:
        held = [s for s in house.subscribers if await _breaker(client, s.id)]
    for s in held:
        await house.ops("POST", f"subscribers/{s.id}/resume")


async def _breaker(client: Any, s: str) -> Any:
    return await client.hget(f"sub:{s}", "brk")


async def _open(house: House) -> list[str]:
    """Return what is still to be done."""
    async with house.redis.client() as client:
        found = ["dirty", "lease:in", "lease:out", "lease:rpl", "replaying"]
        names = [company.connection_id for company in house.recruitee.companies.values()]
        for c in names:
            found += [f"in:{c}", f"park:{c}"]
        for s in house.subscribers:
            found += [f"d:{s.id}", f"news:{s.id}", f"due:{s.id}", f"lane:{s.id}"]
        counts = {key: await _length(client, key) for key in found}
        stopped = [c for c in names if await _status(client, c) != b"active"]
        return [f"{key} has {count}" for key, count in counts.items() if count] + [
            f"connection {c} is not active" for c in stopped
        ]


async def _status(client: Any, c: str) -> Any:
    return await client.hget(f"conn:{c}", "status")


async def _length(client: Any, key: str) -> int:
    kind = (await client.type(key)).decode()
    asks = {"hash": client.hlen, "set": client.scard, "zset": client.zcard, "stream": client.xlen}
    return int(await asks[kind](key)) if kind in asks else 0


async def replayed(house: House, figures: Figures) -> list[str]:
    """Let the hopeless one recover and send it every dead letter again."""
    subscriber = next(s for s in house.subscribers if s.hopeless)
    subscriber.hopeless, subscriber.temper = False, "well"
    dead = await _dead_letters(house, subscriber)
    for start in range(0, len(dead), IDS_AT_ONCE):
        ids = [one["id"] for one in dead[start : start + IDS_AT_ONCE]]
        await house.ops("POST", "replays", {"dead_letter_ids": ids})
    try:
        await until(partial(_settled, house), REPLAYED_WITHIN_S)
    except TimeoutError:
        return [f"stuck in replay: {what}" for what in await _open(house)]
    figures.dead_letters = len(dead)
    again = {heard.event_id for heard in subscriber.heard if heard.replay}
    never = [one["event_id"] for one in dead if one["event_id"] not in again]
    left = await _dead_letters(house, subscriber)
    return [f"lost: {e} was not heard when it was replayed" for e in never] + [
        f"stuck: dead letter {one['id']} of {one['event_id']} is {one['status']}" for one in left
    ]


async def _dead_letters(house: House, subscriber: Subscriber) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        path = f"dead-letters?limit=200&subscriber_id={subscriber.id}{after}"
        page = await house.ops("GET", path)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        after = f"&after={page['next_cursor']}"

"""What is known of the changes that no webhook tells: where the feed stands, which sweep is due when."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from service.core.store import keys
from service.core.store.redis import Arg, Pipe
from service.core.times import now_ms

DAY_S = 86_400
LEDGER_DAYS = 400


class Watching:
    """Reads and writes of one hash per connection, and of the ledger's counters."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def get(self, c: str) -> dict[str, str]:
        """Return everything that was noted."""
        raw: Mapping[bytes, bytes] = await self._pipe.call("HGETALL", keys.watch(c))
        return {name.decode(): value.decode() for name, value in raw.items()}

    async def note(self, c: str, **facts: str | int) -> None:
        """Note facts."""
        flat: list[Arg] = [part for pair in facts.items() for part in pair]
        await self._pipe.call("HSET", keys.watch(c), *flat)

    async def count(self, c: str, counts: Mapping[str, int]) -> None:
        """Add to the ledger of today: what was received, found, healed."""
        day = keys.ledger(c, now_ms() // (DAY_S * 1000))
        added = [self._pipe.call("HINCRBY", day, name, count) for name, count in counts.items()]
        await asyncio.gather(*added, self._pipe.call("EXPIRE", day, LEDGER_DAYS * DAY_S))

    async def counted(self, c: str, days: int) -> dict[str, int]:
        """Return what the last days' ledgers add up to."""
        today = now_ms() // (DAY_S * 1000)
        total: dict[str, int] = {}
        for day in range(today - days + 1, today + 1):
            raw: Mapping[bytes, bytes] = await self._pipe.call("HGETALL", keys.ledger(c, day))
            for name, count in raw.items():
                total[name.decode()] = total.get(name.decode(), 0) + int(count)
        return total

    async def gap(self, c: str, what: Mapping[str, Any]) -> None:
        """Note a gap that was found: what could be missing, since when, what heals it."""
        line = keys.gaps(c)
        await self._pipe.call("LPUSH", line, orjson.dumps({"at": now_ms(), **what}))
        await self._pipe.call("LTRIM", line, 0, 199)
        await self._pipe.call("EXPIRE", line, LEDGER_DAYS * DAY_S)

    async def gaps(self, c: str) -> list[dict[str, Any]]:
        """Return the gaps that were found, the newest first."""
        return [orjson.loads(raw) for raw in await self._pipe.call("LRANGE", keys.gaps(c), 0, 199)]

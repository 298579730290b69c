"""What is known of the changes that no webhook tells: where the feed stands, which look is due when.

One hash per connection, `watch:{c}`:

| field | holds |
| --- | --- |
| cursor | the feed's entry up to which all was taken for good; `mark`: a later one, and when it was taken |
| page | the longest page that the feed was seen to give |
| served, polled_at | whether the feed is for this token; when it was last asked, in ms |
| clock_off | how far Recruitee's clock was off when that could last be told, in seconds; 0: it was right |
| backwards | since when the feed does not honour its cursor, in ms; else 0 |
| due:X, retry:X, fails:X | when look X is due; not before when, after so many failures; ms |
| mark:X, proof:X | up to when a sweep, a reconciliation has gone through search order X, in Recruitee's ms |
| at:X, top:X | the page at which it goes on, and what the mark will be then |
| reconciling, held | the reconciliation under way; the one that waits for a person |
| reconcile | 1: one is wanted before its time |
| silence, silence_at | webhooks heard, changes unheard at the last look at that, since when it is silence |
| audit:* | where the rolling audit stands, when its round began, when the last whole one did |
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from service.core.store import keys
from service.core.store.redis import Arg, Pipe
from service.core.times import now_ms
from service.core.unified.registry import COLLECTIONS, ROOTS

DAY_S = 86_400
LEDGER_DAYS = 400
GAPS_KEPT = 200
TAKEN_S = 86_400
WEBHOOK, UNHEARD = "webhook", "unheard"
"""Of the ledger: webhooks received; changes that webhooks tell and others told of."""
Command = list[Arg]


class Watching:
    """Reads and writes of that hash, of the feed's entries that were taken, and of the ledger."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def get(self, c: str) -> dict[str, str]:
        """Return everything that was noted."""
        raw: Mapping[bytes, bytes] = await self._pipe.call("HGETALL", keys.watch(c))
        return {name.decode(): value.decode() for name, value in raw.items()}

    async def note(self, c: str, **facts: str | int) -> None:
        """Note facts."""
        if facts:
            await self._write(
                c, ["HSET", keys.watch(c), *(p for pair in facts.items() for p in pair)]
            )

    async def done(self, c: str, name: str, due: int) -> None:
        """Note when a look that went well is due again, in ms."""
        watch = keys.watch(c)
        await self._write(
            c,
            ["HSET", watch, f"due:{name}", due],
            ["HDEL", watch, f"retry:{name}", f"fails:{name}"],
        )

    async def failed(self, c: str, name: str, fails: int, retry: int) -> None:
        """Note that a look failed for the n-th time in a row, and not before when it is tried again."""
        await self.note(c, **{f"fails:{name}": fails, f"retry:{name}": retry})

    async def not_taken(self, c: str, numbers: list[int]) -> set[int]:
        """Return those of the feed's entries that were not taken yet."""
        if not numbers:
            return set()
        found = await self._pipe.call("ZMSCORE", keys.taken(c), *numbers)
        return {number for number, score in zip(numbers, found, strict=True) if score is None}

    async def took(self, c: str, numbers: list[int], settled: int) -> None:
        """Remember entries as taken, and forget those up to which the feed is settled."""
        key = keys.taken(c)
        flat: list[Arg] = [part for number in numbers for part in (number, number)]
        await self._write(
            c,
            *([["ZADD", key, *flat]] if flat else []),
            ["ZREMRANGEBYSCORE", key, "-inf", settled],
            ["EXPIRE", key, TAKEN_S],
        )

    async def hurry(self, c: str) -> None:
        """Let the feed be polled, and whatever is swept by the clock be looked at, without delay."""
        roots = (name for name in ROOTS if name != "candidate")
        lists = (name for name, each in COLLECTIONS.items() if each.owner is None)
        await self.note(c, **{f"due:{name}": 0 for name in ("poll", "candidates", *roots, *lists)})

    async def looked(self, c: str, candidates: list[str]) -> dict[str, int]:
        """Return with which activity candidates were looked at last, in Recruitee's ms; 0: never so."""
        rows = [keys.record(c, "candidate", each) for each in candidates]
        found = await asyncio.gather(*(self._pipe.call("HGET", row, "l") for row in rows))
        return {each: int(at or 0) for each, at in zip(candidates, found, strict=True)}

    async def look(self, c: str, candidates: Mapping[str, int]) -> None:
        """Note with which activity candidates are looked at now."""
        flat: list[Arg] = [part for pair in candidates.items() for part in pair]
        if flat:
            await self._pipe.run("looked", c, *flat)

    async def count(self, c: str, counts: Mapping[str, int]) -> None:
        """Add to the ledger of today: what was received, found, healed."""
        day = keys.ledger(c, now_ms() // (DAY_S * 1000))
        added: list[Command] = [["HINCRBY", day, name, count] for name, count in counts.items()]
        if added:
            await self._write(c, *added, ["EXPIRE", day, LEDGER_DAYS * DAY_S])

    async def counted(self, c: str, days: int) -> dict[str, int]:
        """Return what the last days' ledgers add up to."""
        today = now_ms() // (DAY_S * 1000)
        wanted = (keys.ledger(c, day) for day in range(today - days + 1, today + 1))
        total: dict[str, int] = {}
        for raw in await asyncio.gather(*(self._pipe.call("HGETALL", day) for day in wanted)):
            for name, count in raw.items():
                total[name.decode()] = total.get(name.decode(), 0) + int(count)
        return total

    async def gap(self, c: str, why: str, since: int, healed_by: str) -> None:
        """Note a gap that was found: why something may be missing, since when (ms, 0: unknown), the cure.

        `healed_by`: "feed" (read on or back to where it was left), or "reconcile" (asked for with it).
        """
        line = keys.gaps(c)
        said = {"at": now_ms(), "why": why, "since": since, "healed_by": healed_by}
        wanted: list[Command] = [["HSET", keys.watch(c), "reconcile", 1]]
        await self._write(
            c,
            ["LPUSH", line, orjson.dumps(said)],
            ["LTRIM", line, 0, GAPS_KEPT - 1],
            ["EXPIRE", line, LEDGER_DAYS * DAY_S],
            *(wanted if healed_by == "reconcile" else []),
        )

    async def gaps(self, c: str) -> list[dict[str, Any]]:
        """Return the gaps that were found, the newest first."""
        return [orjson.loads(raw) for raw in await self._pipe.call("LRANGE", keys.gaps(c), 0, -1)]

    async def _write(self, c: str, *commands: Command) -> None:
        """Write in one step, unless the connection was unlinked meanwhile."""
        flat: list[Arg] = []
        for command in commands:
            flat += [len(command), *command]
        await self._pipe.run("while_linked", c, *flat)

"""The logs as whoever reads them on sees them: entries beyond positions, heads, kept positions."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from service.core.store import keys
from service.core.store.deliveries import LogEntry, entry_of
from service.core.store.redis import Arg, Pipe
from service.core.times import Millis

KEPT_RETENTIONS = 2
"""A consumer's position outlives whatever it has not read, so that losing it repeats nothing."""


class Stand(NamedTuple):
    """A position in one log; `upto`: how many entries were ever added up to it, None: unknown."""

    ms: int
    number: int
    upto: int | None

    @classmethod
    def of(cls, position: bytes, upto: int) -> Self:
        """Read a stream's id; a negative count is unknown."""
        ms, _, number = position.decode().partition("-")
        return cls(int(ms), int(number), None if upto < 0 else upto)

    @property
    def position(self) -> str:
        """The stream's id."""
        return f"{self.ms}-{self.number}"

    @property
    def key(self) -> tuple[int, int]:
        """What orders positions of one log."""
        return (self.ms, self.number)


START = Stand(0, 0, None)


class More(NamedTuple):
    """What one log has beyond a position."""

    head: tuple[int, int]
    missed: int  # entries that were never read and are gone
    start: Stand  # where reading stands after what is missed
    entries: list[tuple[LogEntry, Stand]]


class Reading(NamedTuple):
    """What was found at `now` by Redis' clock; logs without news are not in it."""

    now: Millis
    logs: dict[str, More]


class Feed:
    """Reads of the logs, and the positions that are kept for consumers."""

    def __init__(self, pipe: Pipe, retention_s: int) -> None:
        self._pipe = pipe
        self._retention_s = retention_s

    async def read(self, stands: Mapping[str, Stand], each: int) -> Reading:
        """Return up to `each` entries a log beyond these positions, in commit order."""
        args: list[Arg] = [each]
        for c, stand in stands.items():
            args += [c, stand.position, "" if stand.upto is None else stand.upto]
        now, *rows = await self._pipe.run("feed", *args)
        return Reading(now, {row[0].decode(): _more(row, stands[row[0].decode()]) for row in rows})

    async def heads(self) -> dict[str, Stand]:
        """Return where every connection's log ends."""
        flat = await self._pipe.run("heads")
        return {
            flat[i].decode(): Stand.of(flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)
        }

    async def kept(self, owner: str, name: str) -> str | None:
        """Return a consumer's cursor, or None; asking keeps it alive."""
        raw = await self._pipe.call("GETEX", keys.consumer(owner, name), "EX", self._life_s)
        return raw.decode() if raw else None

    async def keep(self, owner: str, name: str, cursor: str) -> None:
        """Keep a consumer's cursor."""
        await self._pipe.call("SET", keys.consumer(owner, name), cursor, "EX", self._life_s)

    @property
    def _life_s(self) -> int:
        return self._retention_s * KEPT_RETENTIONS


def _more(row: list[Any], asked: Stand) -> More:
    _, last, upto, missed, rows = row
    counted = None if upto < 0 else int(upto)
    entries = []
    for at, raw in enumerate(rows, 1):
        stand = Stand.of(raw[0], -1 if counted is None else counted + at)
        entries.append((entry_of(raw), stand))
    head = Stand.of(last, -1)
    # Nothing is left of what it had not read: it stands at the end.
    start = asked if rows else head._replace(upto=counted)
    return More(head.key, int(missed), start, entries)

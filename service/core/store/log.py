"""The event log: bodies, a connection's entries, a record's timeline."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from service.core.store import keys
from service.core.store.deliveries import LogEntry, entry_of
from service.core.store.redis import Pipe


class Place(NamedTuple):
    """Where an entry stands in all logs together."""

    position: str
    connection_id: str

    @classmethod
    def of(cls, entry: LogEntry, c: str) -> "Place":
        """Return the place of a connection's entry."""
        return cls(entry.position, c)

    @property
    def ms(self) -> int:
        """When it was committed, in milliseconds since the epoch."""
        return int(self.position.partition("-")[0])

    @property
    def key(self) -> tuple[int, int, str]:
        """What sorts places newest first."""
        ms, _, number = self.position.partition("-")
        return (-int(ms), -int(number), self.connection_id)

    def top(self, c: str) -> str:
        """Return from where on a connection's entries come after this place."""
        return self.position if c > self.connection_id else f"({self.position}"


class Log:
    """Reads of events; only a commit writes them."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def body(self, event_id: str) -> bytes | None:
        """Return an event's bytes, or None when it is unknown, too old or erased."""
        raw: bytes | None = await self._pipe.call("GET", keys.event(event_id))
        return raw

    async def rendered(self, event_id: str, form: str) -> bytes | None:
        """Return an event's bytes in another form, if they were rendered before."""
        raw: bytes | None = await self._pipe.call("HGET", keys.body(event_id), form)
        return raw

    async def keep_rendered(
        self, event_id: str, form: str, body: bytes, lifetime_s: int
    ) -> bytes | None:
        """Keep rendered bytes; returns those that were first, so that every attempt sends the same.

        None: the event is gone.
        """
        kept: bytes | None = await self._pipe.run("keep_rendered", event_id, form, body, lifetime_s)
        return kept

    async def keep_gathered(
        self, event_id: str, body: bytes, members: Sequence[str], delivery_id: str, lifetime_s: int
    ) -> None:
        """Keep the body of an event that is made of others, and note its delivery as each of theirs."""
        kept = [self._pipe.call("SET", keys.event(event_id), body, "NX", "EX", lifetime_s)]
        for member in members:
            of = keys.deliveries_of(member)
            kept.append(self._pipe.call("SADD", of, delivery_id))
            kept.append(self._pipe.call("EXPIRE", of, lifetime_s))
        await asyncio.gather(*kept)

    async def bodies(self, event_ids: Sequence[str]) -> list[bytes | None]:
        """Return events' bytes; None for those that are gone."""
        if not event_ids:
            return []
        rows: list[bytes | None] = await self._pipe.call("MGET", *map(keys.event, event_ids))
        return rows

    async def newest(self, c: str, top: str, count: int) -> list[LogEntry]:
        """Return a connection's entries, newest first, from `top`: "+", a position, or "(" and one."""
        rows: list[Any] = await self._pipe.call("XREVRANGE", keys.log(c), top, "-", "COUNT", count)
        return [_stream_entry(row) for row in rows]

    async def merged(
        self, connections: Sequence[str], after: Place | None, chunk: int
    ) -> AsyncGenerator[tuple[Place, LogEntry], None]:
        """Yield all these connections' entries beyond `after`, newest first; of one position, by
        connection."""
        tops = ["+" if after is None else after.top(c) for c in connections]
        chunks = await asyncio.gather(
            *(self.newest(c, top, chunk) for c, top in zip(connections, tops, strict=True))
        )
        logs = {c: deque(rows) for c, rows in zip(connections, chunks, strict=True)}
        heads = [Place.of(rows[0], c).key for c, rows in logs.items() if rows]
        heapq.heapify(heads)
        while heads:
            c = heapq.heappop(heads)[2]
            entry = logs[c].popleft()
            yield Place.of(entry, c), entry
            if not logs[c]:
                logs[c].extend(await self.newest(c, f"({entry.position}", chunk))
            if logs[c]:
                heapq.heappush(heads, Place.of(logs[c][0], c).key)

    async def oldest(self, c: str, after: str, count: int) -> list[LogEntry]:
        """Return a connection's entries in commit order, beyond position `after`."""
        rows: list[Any] = await self._pipe.call(
            "XRANGE", keys.log(c), f"({after}", "+", "COUNT", count
        )
        return [_stream_entry(row) for row in rows]

    async def timeline(self, c: str, model: str, remote_id: str) -> list[str]:
        """Return a record's event ids, oldest first."""
        rows = await self._pipe.call("LRANGE", keys.timeline(c, model, remote_id), 0, -1)
        return [row.decode() for row in rows]

    async def position(self, s: str, c: str) -> str:
        """Return how far a subscriber has read a connection's log (`0-0`: not at all)."""
        found = await self._pipe.call("HGET", keys.positions(s), c)
        return found.decode() if found else "0-0"

    async def ago(self, seconds: int) -> int:
        """Return what time it was, in ms, by Redis' clock: a worker's own, if wrong, would trim too much."""
        now_s, micros = await self._pipe.call("TIME")
        return int(now_s) * 1000 + int(micros) // 1000 - seconds * 1000

    async def drop(self, c: str, events: Sequence[str], looked_at: str, mark_s: int) -> int:
        """Drop the bodies of events before their time; `looked_at` is kept as a mark for `mark_s`."""
        return int(await self._pipe.run("dropped", c, looked_at, mark_s, *events))

    async def mark(self, c: str) -> str:
        """Return how far `drop` has looked (`0-0`: from the beginning on)."""
        found = await self._pipe.call("GET", keys.early(c))
        return found.decode() if found else "0-0"

    async def trim(self, c: str, older_than_ms: int) -> None:
        """Drop entries older than an instant (bodies have lifetimes of their own)."""
        await self._pipe.call("XTRIM", keys.log(c), "MINID", "=", max(0, older_than_ms))


def _stream_entry(row: Any) -> LogEntry:
    # redis-py turns XRANGE fields into a dict; a script's reply stays a flat list.
    position, fields = row
    if isinstance(fields, dict):
        fields = [part for pair in fields.items() for part in pair]
    return entry_of((position, fields))

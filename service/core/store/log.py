"""The event log: bodies, a connection's entries, a record's timeline."""

from typing import Any

from service.core.store import keys
from service.core.store.deliveries import LogEntry, _entry
from service.core.store.redis import Pipe


class Log:
    """Reads of events; only a commit writes them."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def body(self, event_id: str) -> bytes | None:
        """Return an event's bytes, or None when it is unknown, too old or erased."""
        raw: bytes | None = await self._pipe.call("GET", keys.event(event_id))
        return raw

    async def rendered(self, event_id: str, form: str) -> bytes | None:
        """Return an event's bytes in another format, if they were rendered before."""
        raw: bytes | None = await self._pipe.call("GET", keys.body(event_id, form))
        return raw

    async def keep_rendered(self, event_id: str, form: str, body: bytes, lifetime_s: int) -> bytes:
        """Keep rendered bytes; returns those that were first, so that every attempt sends the same."""
        first = await self._pipe.call(
            "SET", keys.body(event_id, form), body, "NX", "GET", "EX", lifetime_s
        )
        return bytes(first) if first else body

    async def newest(self, c: str, below: str | None, count: int) -> list[LogEntry]:
        """Return a connection's entries, newest first, older than position `below`."""
        top = "+" if below is None else f"({below}"
        rows: list[Any] = await self._pipe.call("XREVRANGE", keys.log(c), top, "-", "COUNT", count)
        return [_stream_entry(row) for row in rows]

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

    async def trim(self, c: str, older_than_ms: int) -> None:
        """Drop entries older than an instant (bodies have lifetimes of their own)."""
        await self._pipe.call("XTRIM", keys.log(c), "MINID", "~", max(0, older_than_ms))


def _stream_entry(row: Any) -> LogEntry:
    # redis-py turns XRANGE fields into a dict; a script's reply stays a flat list.
    position, fields = row
    if isinstance(fields, dict):
        fields = [part for pair in fields.items() for part in pair]
    return _entry((position, fields))

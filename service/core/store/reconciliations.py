"""Reconciliations: each a record of what was compared, what differed, what was healed, what is in doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import orjson

from service.core import ids
from service.core.store import keys
from service.core.store.redis import Arg, Pipe
from service.core.times import now_ms

KEPT = 200
ID_PREFIX = "rec_"
Status = Literal["running", "held", "done", "canceled"]


@dataclass(slots=True)
class Reconciliation:
    """One comparison of a connection with Recruitee."""

    id: str
    connection_id: str
    began: int  # ms
    status: Status = "running"
    reason: str = ""
    done: int = 0
    part: int = 0  # how many parts are behind it
    at: int = 0  # where the current part's list stands
    number: int = 0  # of the pass: what it has seen carries it
    requests: int = 0  # pages that were asked for
    read: dict[str, int] = field(default_factory=dict)  # rows compared, by list
    differing: dict[str, int] = field(default_factory=dict)  # looked at by themselves, by list
    absent: dict[str, int] = field(default_factory=dict)  # not shown any more, by list
    held: list[str] = field(default_factory=list)  # lists of which too much vanished
    doubts: list[str] = field(default_factory=list)
    confirmed: dict[str, int] = field(default_factory=dict)
    """List -> how much of it a person said to be gone indeed."""

    def add(self, to: dict[str, int], name: str, count: int) -> None:
        """Count rows under a name."""
        if count:
            to[name] = to.get(name, 0) + count


class Reconciliations:
    """Reads and writes."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def begin(self, c: str) -> Reconciliation | None:
        """Make one and set the connection to it; the one under way is returned as it is.

        One that is held is over then: the new one finds for itself what is missing. None: no such
        connection.
        """
        if not await self._pipe.call("EXISTS", keys.connection(c)):
            return None
        number = int(await self._pipe.call("INCR", "tok"))
        made = Reconciliation(ID_PREFIX + ids.draw(), c, now_ms(), number=number)
        await self._keep(made)
        if not await self._pipe.call("HSETNX", keys.watch(c), "reconciling", made.id):
            await self._pipe.call("HDEL", keys.reconciled(c), made.id)
            return await self.running(c)
        await self._pipe.call("ZADD", keys.reconciliations(c), made.began, made.id)
        await self._supersede(c, made.id)
        for old in await self._pipe.call("ZRANGE", keys.reconciliations(c), 0, -KEPT - 1):
            await self._pipe.call("HDEL", keys.reconciled(c), old)
            await self._pipe.call("ZREM", keys.reconciliations(c), old)
        return made

    async def _supersede(self, c: str, by: str) -> None:
        if held := await self.held(c):
            await self.cancel(held, f"superseded by {by}")

    async def running(self, c: str) -> Reconciliation | None:
        """Return the one that is under way, or None."""
        return await self._named(c, "reconciling")

    async def held(self, c: str) -> Reconciliation | None:
        """Return the one that waits for a person, or None."""
        return await self._named(c, "held")

    async def _named(self, c: str, field_name: str) -> Reconciliation | None:
        name = await self._pipe.call("HGET", keys.watch(c), field_name)
        return await self.get(c, name.decode()) if name else None

    async def get(self, c: str, name: str) -> Reconciliation | None:
        """Return one, or None."""
        raw = await self._pipe.call("HGET", keys.reconciled(c), name)
        return _read(orjson.loads(raw)) if raw else None

    async def save(self, one: Reconciliation) -> bool:
        """Keep how far one is, or how it ended; False when somebody has ended it meanwhile."""
        row = orjson.dumps(asdict(one))
        kept = self._pipe.run("settle_reconciliation", one.connection_id, one.id, row, one.status)
        return bool(await kept)

    async def end(self, one: Reconciliation, status: Status, reason: str = "") -> bool:
        """End one; `held` waits for a person to say what is right. False: it was over."""
        one.status, one.reason, one.done = status, reason, now_ms()
        return await self.save(one)

    async def cancel(self, one: Reconciliation, reason: str) -> None:
        """End one that is under way or held: nothing that vanished is ended."""
        if await self.end(one, "canceled", reason):
            return
        if await self._pipe.call("HGET", keys.watch(one.connection_id), "held") == one.id.encode():
            await self._pipe.call("HDEL", keys.watch(one.connection_id), "held")
            await self._keep(one)

    async def confirm(self, one: Reconciliation) -> bool:
        """Compare anew what one was held at: as much as vanished then may vanish now.

        False when it is over or another is under way.
        """
        watch = keys.watch(one.connection_id)
        if not await self._pipe.call("HSETNX", watch, "reconciling", one.id):
            return False
        if not await self._pipe.call("HDEL", watch, "held"):
            await self._pipe.call("HDEL", watch, "reconciling")
            return False
        one.confirmed = {name: one.absent.get(name, 0) for name in one.held}
        one.number, one.began = int(await self._pipe.call("INCR", "tok")), now_ms()
        one.status, one.reason, one.done, one.part, one.at = "running", "", 0, 0, 0
        one.read, one.absent, one.held, one.doubts = {}, {}, [], []
        return await self.save(one)

    async def all(self, c: str) -> list[Reconciliation]:
        """Return a connection's, the newest first."""
        names = await self._pipe.call("ZREVRANGE", keys.reconciliations(c), 0, -1)
        rows = await self._pipe.call("HMGET", keys.reconciled(c), *names) if names else []
        return [_read(orjson.loads(row)) for row in rows if row]

    async def mark(self, one: Reconciliation, model: str, remote_ids: Iterable[str]) -> int:
        """Mark records as seen in a pass; returns how many of them another page had shown."""
        c, number = one.connection_id, one.number
        return int(await self._pipe.run("mark_seen", c, model, number, one.at, *remote_ids))

    async def unseen(
        self, one: Reconciliation, model: str, before: str, cursor: int
    ) -> tuple[int, dict[str, int]]:
        """Return the next cursor (0: over), and who lives and was not shown: in how many passes in a row.

        `before`: the number of the last whole pass before this one.
        """
        reply = await self._pipe.run(
            "unseen", one.connection_id, model, one.number, one.began, before, cursor
        )
        rows = reply[1]
        return int(reply[0]), {rows[k].decode(): rows[k + 1] for k in range(0, len(rows), 2)}

    async def put_off(self, c: str, entries: Sequence[bytes]) -> None:
        """Put inbox entries behind those that are to be looked at, a few at a time."""
        line = keys.to_look_at(c)
        flat: list[Arg] = [len(entries) + 2, "RPUSH", line, *entries]
        if entries:
            await self._pipe.run("while_linked", c, *flat)

    async def next_few(self, c: str, count: int) -> list[bytes]:
        """Return the next of them; they stay until `looked_at`."""
        rows: list[bytes] = await self._pipe.call("LRANGE", keys.to_look_at(c), 0, count - 1)
        return rows

    async def looked_at(self, c: str, count: int) -> None:
        """Take the first of them off."""
        await self._pipe.call("LTRIM", keys.to_look_at(c), count, -1)

    async def _keep(self, one: Reconciliation) -> None:
        row = orjson.dumps(asdict(one))
        await self._pipe.call("HSET", keys.reconciled(one.connection_id), one.id, row)


def _read(raw: Mapping[str, Any]) -> Reconciliation:
    known = {each.name for each in fields(Reconciliation)}
    return Reconciliation(**{name: value for name, value in raw.items() if name in known})

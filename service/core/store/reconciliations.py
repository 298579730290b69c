"""Reconciliations: each a record of what was compared, what differed, what was healed, what is in doubt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import orjson

from service.core import ids
from service.core.store import keys
from service.core.store.redis import Pipe
from service.core.times import now_ms

KEPT = 200
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
    read: dict[str, int] = field(default_factory=dict)  # rows compared, by list
    differing: dict[str, int] = field(default_factory=dict)  # looked at by themselves, by model
    absent: dict[str, int] = field(default_factory=dict)  # not shown any more, by model
    doubts: list[str] = field(default_factory=list)
    confirmed: bool = False  # a person said that what vanished is gone

    def add(self, to: dict[str, int], name: str, count: int) -> None:
        """Count rows under a name."""
        if count:
            to[name] = to.get(name, 0) + count


class Reconciliations:
    """Reads and writes."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def begin(self, c: str) -> Reconciliation:
        """Make one and set the connection to it; one that is under way is returned as it is."""
        if (running := await self.running(c)) is not None:
            return running
        number = int(await self._pipe.call("INCR", "tok"))
        made = Reconciliation("rec_" + ids.draw(), c, now_ms(), number=number)
        await self.save(made)
        await self._pipe.call("ZADD", keys.reconciliations(c), made.began, made.id)
        await self._pipe.call("HSET", keys.watch(c), "reconciling", made.id)
        for old in await self._pipe.call("ZRANGE", keys.reconciliations(c), 0, -KEPT - 1):
            await self._pipe.call("HDEL", keys.reconciled(c), old)
            await self._pipe.call("ZREM", keys.reconciliations(c), old)
        return made

    async def running(self, c: str) -> Reconciliation | None:
        """Return the one that is under way (or held), or None."""
        name = await self._pipe.call("HGET", keys.watch(c), "reconciling")
        return await self.get(c, name.decode()) if name else None

    async def get(self, c: str, name: str) -> Reconciliation | None:
        """Return one, or None."""
        raw = await self._pipe.call("HGET", keys.reconciled(c), name)
        return _read(orjson.loads(raw)) if raw else None

    async def save(self, one: Reconciliation) -> None:
        """Keep how far one is."""
        await self._pipe.call(
            "HSET", keys.reconciled(one.connection_id), one.id, orjson.dumps(asdict(one))
        )

    async def end(self, one: Reconciliation, status: Status, reason: str = "") -> None:
        """End one; `held` stays the connection's until a person says what is right."""
        one.status, one.reason, one.done = status, reason, now_ms()
        await self.save(one)
        if status != "held":
            await self._pipe.call("HDEL", keys.watch(one.connection_id), "reconciling")

    async def all(self, c: str) -> list[Reconciliation]:
        """Return a connection's, the newest first."""
        names = await self._pipe.call("ZREVRANGE", keys.reconciliations(c), 0, -1)
        found = [await self.get(c, name.decode()) for name in names]
        return [one for one in found if one is not None]

    async def mark(self, c: str, model: str, remote_ids: list[str], number: int) -> int:
        """Mark records as seen in a pass; returns how many had been seen in it before."""
        return int(await self._pipe.run("mark_seen", c, model, number, *remote_ids))

    async def unseen(self, c: str, model: str, number: int, cursor: int) -> tuple[int, list[str]]:
        """Return the next cursor (0: over) and records that live and were not seen in a pass."""
        reply = await self._pipe.run("unseen", c, model, number, cursor)
        return int(reply[0]), [row.decode() for row in reply[1]]


def _read(raw: Mapping[str, Any]) -> Reconciliation:
    known = {each.name for each in fields(Reconciliation)}
    return Reconciliation(**{name: value for name, value in raw.items() if name in known})

"""The audit: who did what, when, to what, with which outcome; ids and names of keys, nobody's data."""

from collections.abc import Mapping
from typing import Self

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.store.redis import Pipe
from service.core.store.removal import pairs
from service.core.times import Millis

KEPT_MS = 180 * 86_400_000
KEPT_MOST = 100_000


class Entry(BaseModel):
    """One call that changed something, or was to."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    actor: str  # admin, key, subscriber
    actor_id: str = ""
    name: str = ""
    action: str  # as `POST /subscribers/{id}/pause`
    targets: Mapping[str, str] = {}
    status: int  # of the answer
    position: str = ""  # where it stands

    @property
    def at(self) -> Millis:
        """When it was written, by Redis' clock."""
        return int(self.position.partition("-")[0] or 0)

    @classmethod
    def read(cls, position: bytes, fields: object) -> Self:
        """Build from a row of the stream."""
        raw = dict(pairs(fields))[b"entry"]
        return cls.model_validate(orjson.loads(raw) | {"position": position.decode()})


class Audit:
    """Writes and reads of the audit."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def write(self, entry: Entry) -> None:
        """Append one; also when Redis is full."""
        said = entry.model_dump_json(exclude={"position"}, exclude_defaults=True)
        await self._pipe.run("audit", ids.draw(), KEPT_MS, KEPT_MOST, said)

    async def newest(self, top: str, count: int) -> list[Entry]:
        """Return entries, newest first, from `top`: "+", a position, or "(" and one."""
        rows = await self._pipe.call("XREVRANGE", "audit", top, "-", "COUNT", count)
        return [Entry.read(position, fields) for position, fields in rows]

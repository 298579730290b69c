"""Ids that were taken along from another vendor: kept beside ours, and said in their place.

Inside, a record keeps the id that is derived from its remote id, so that nothing that is stored has to be
rewritten. What leaves as a Kombo answer or as a new event has its ids exchanged for those that were taken
along; what comes in may use either. A run gathers its pairs aside, checked one by one, and is kept by one
rename: before it no id of the run is said, after it all of them are.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal, NamedTuple

import orjson

from service.core import ids
from service.core.store import index, keys
from service.core.store.redis import Arg, Pipe
from service.core.store.removal import adoptions
from service.core.unified.model import Ref

ID: Final = re.compile(rb'"([1-9A-HJ-NP-Za-km-z]{24})"')
KEPT_S: Final = 86_400
GATHERING, KEPT = "gathering", "kept"

Why = Literal["id_taken", "record_named", "id_ours"]
"""The id is of another record of its model · the record has another id · the id is another one's own."""


class Pair(NamedTuple):
    """A record, and the id it is to have; `row` is where that was said, from 1."""

    row: int
    ref: Ref
    id: str


class Collision(NamedTuple):
    """A pair that cannot be kept."""

    row: int
    ref: Ref
    id: str
    why: Why
    other: str  # the record, or the id, that stands in the way
    other_row: int | None  # of the same run


class Run(NamedTuple):
    """A run, or the last one there was."""

    id: str
    status: str
    rows: int
    new: int
    same: int
    collisions: int


class Adoption:
    """Reads and runs."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def said(self, c: str, bodies: Sequence[bytes]) -> list[bytes]:
        """Return JSON texts with our ids exchanged for those that were taken along."""
        # Most took none along, and looking for ids costs more than asking.
        if not await self._pipe.call("EXISTS", keys.given(c)):
            return list(bodies)
        ours = list({found for body in bodies for found in ID.findall(body)})
        if not ours:
            return list(bodies)
        found = await self._pipe.call("HMGET", keys.given(c), *ours)
        return _exchanged(bodies, {a: b for a, b in zip(ours, found, strict=True) if b})

    async def ours(self, c: str, model: str, uids: Sequence[str]) -> tuple[str, ...]:
        """Return ids of a model with those that were taken along exchanged for ours."""
        taken = await index.adopted(self._pipe, c, model, uids)
        return tuple(ids.record_id(c, model, taken[uid]) if uid in taken else uid for uid in uids)

    async def shown(self, c: str, value: Any) -> Any:
        """Return a JSON value as it is said."""
        plain = orjson.dumps(value)
        (told,) = await self.said(c, [plain])
        return value if told is plain else orjson.loads(told)

    async def count(self, c: str) -> int:
        """Return how many ids were taken along."""
        return int(await self._pipe.call("HLEN", keys.given(c)))

    async def begin(self, c: str) -> Run | None:
        """Begin a run; None while another one gathers."""
        run = f"adp_{ids.draw()}"
        done = await self._pipe.run("begin_adoption", c, run, KEPT_S)
        return await self.run(c) if int(done) else None

    async def run(self, c: str) -> Run | None:
        """Return the run that gathers, or the last."""
        names = ("id", "status", "rows", "new", "same", "bad")
        found = await self._pipe.call("HMGET", keys.adopting(c), *names)
        if found[0] is None:
            return None
        counts = [int(each or 0) for each in found[2:]]
        return Run(found[0].decode(), found[1].decode(), *counts)

    async def gather(
        self, c: str, run: str, pairs: Sequence[Pair], models: Collection[str]
    ) -> list[Collision] | None:
        """Put pairs aside; returns those that collide, None where the run does not gather (any more).

        Sent again, the same pairs change nothing and come to the same.
        """
        args: list[Arg] = [c, run, KEPT_S, orjson.dumps(sorted(models))]
        for pair in pairs:
            args += [pair.row, *pair.ref, ids.record_id(c, *pair.ref), pair.id]
        reply = await self._pipe.run("adopt", *args)
        if reply[0] == 0:
            return None
        by_row = {pair.row: pair for pair in pairs}
        rows = (reply[k : k + 4] for k in range(1, len(reply), 4))
        return [_collision(by_row[int(n)], why, other, row) for n, why, other, row in rows]

    async def keep(self, c: str, run: str) -> bool:
        """Keep all that a run gathered, at once; False where it collides or does not gather."""
        return bool(await self._pipe.run("keep_adoption", c, run))

    async def drop(self, c: str, run: str) -> bool:
        """Forget what a run gathered; False where it does not gather."""
        found = await self.run(c)
        if found is None or found.id != run or found.status != GATHERING:
            return False
        staged = [key for key in adoptions(c) if key not in (keys.given(c), keys.adopted(c))]
        await self._pipe.call("UNLINK", *staged)
        return True


def _collision(pair: Pair, why: bytes, other: bytes, row: bytes) -> Collision:
    told: Any = why.decode()
    return Collision(*pair, told, other.decode(), int(row) if row else None)


def _exchanged(bodies: Sequence[bytes], names: dict[bytes, bytes]) -> list[bytes]:
    if not names:
        return list(bodies)
    return [ID.sub(lambda found: b'"%b"' % names.get(found[1], found[1]), body) for body in bodies]

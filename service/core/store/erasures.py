"""Erasures: stored jobs that remove a person step by step; what they did, and who has acknowledged it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict

from service.core import ids
from service.core.store import keys
from service.core.store.inbox import Lease
from service.core.store.listing import Row, walk
from service.core.store.redis import Arg, Pipe
from service.core.store.suppression import PERSON, Suppression
from service.core.unified.model import Ref

Status = Literal["running", "done", "failed"]
COUNTED, ACKED = "n:", "ack:"


class Erasure(BaseModel):
    """One erasure. Whom it is about is known by a hash, and for the retention by the id as well."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    c: str
    digest: str
    remote_id: str | None = None  # None: past the retention
    status: Status = "running"
    step: str = ""
    created: int  # ms
    started: int = 0
    finished: int = 0
    bodies_gone: int = 0  # ms, when its events' bodies went
    event_id: str = ""
    told: tuple[str, ...] = ()  # subscribers who are told of it
    untold: tuple[str, ...] = ()  # those who got the person, and do not ask for such events
    acked: Mapping[str, int] = {}  # subscriber -> when it took it, ms
    counts: Mapping[str, int] = {}  # kind -> how much was removed
    files: Mapping[str, Any] = {}  # how Redis' own files were written anew
    reason: str = ""

    @property
    def waits(self) -> frozenset[str]:
        """Return the subscribers that have not acknowledged it yet."""
        return frozenset(self.told) - self.acked.keys()


class Telling(NamedTuple):
    """The event that tells of an erasure, as it is to be written."""

    version: int  # of the candidate's snapshot (0: there is none)
    sequence: int
    event_id: str
    body: bytes
    lane: str


class Erasures:
    """Reads and writes of erasures."""

    def __init__(self, pipe: Pipe, retention_s: int, suppression: Suppression) -> None:
        self._pipe = pipe
        self._retention_s = retention_s
        self._suppression = suppression

    async def create(self, c: str, remote_id: str) -> Erasure | None:
        """Put a candidate on the suppress list and make the job, in one step; None: no connection.

        One that runs already for the same candidate is returned as it is.
        """
        await self._suppression.settle()
        digest = await self._suppression.digest(c, Ref(PERSON, remote_id))
        made = await self._pipe.run(
            "new_erasure", "era_" + ids.draw(), c, digest, remote_id, self._retention_s
        )
        return await self.get(made.decode()) if made else None

    async def get(self, e: str) -> Erasure | None:
        """Return an erasure, or None."""
        raw, who = await asyncio.gather(
            self._pipe.call("HGETALL", keys.erasure(e)), self._pipe.call("GET", keys.erased(e))
        )
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        return _read(fields, who.decode() if who else None) if "id" in fields else None

    async def load(self, names: Sequence[str]) -> list[Erasure | None]:
        """Return erasures; None for those that are gone."""
        return await asyncio.gather(*(self.get(e) for e in names))

    def pages(self, after: Row | None) -> AsyncGenerator[list[Row], None]:
        """Yield (erasure, when made) in chunks, newest first."""
        return walk(self._pipe, "erasures", after)

    async def note(self, e: str, **facts: str | int) -> None:
        """Write plain facts; whom it is about stays known while it goes on."""
        flat: list[Arg] = [part for pair in facts.items() for part in pair]
        if flat:
            await self._pipe.call("HSET", keys.erasure(e), *flat)
        await self._pipe.call("EXPIRE", keys.erased(e), self._retention_s)

    async def untold(self, e: str, subscribers: Sequence[str]) -> None:
        """Note who got the person and is not told."""
        await self.note(e, untold=orjson.dumps(list(subscribers)).decode())

    async def acknowledged(self, e: str, s: str, at: int) -> None:
        """Note when a subscriber took the event."""
        await self._pipe.call("HSETNX", keys.erasure(e), ACKED + s, at)

    async def tell(
        self, one: Erasure, telling: Telling, listed: Sequence[str], besides: Sequence[str]
    ) -> bool:
        """Append the event once, with whom it is for; False when the candidate moved meanwhile.

        `listed` are those whose acknowledgement is waited for.
        """
        assert one.remote_id is not None  # noqa: S101 - the job has just read it
        t = telling
        done = await self._pipe.run(
            "tell_erased", one.id, one.c, one.remote_id, one.digest, t.version, t.sequence, t.event_id,
            t.body, t.lane, self._retention_s, len(listed), *listed, *besides,
        )  # fmt: skip
        return int(done) >= 0

    async def is_told(self, event_id: str, s: str) -> bool:
        """Say whether a subscriber is among those whom an erasure's event is for."""
        return bool(await self._pipe.call("SISMEMBER", keys.told(event_id), s))

    async def unlink(self, e: str, kind: str, names: Sequence[str]) -> int:
        """Delete keys and count what was there, in one step."""
        gone = 0
        for start in range(0, len(names), 500):
            gone += int(
                await self._pipe.run("erase_keys", e, COUNTED + kind, *names[start : start + 500])
            )
        return gone

    async def scrub(self, e: str, key: str, field: str, before: bytes, after: bytes) -> bool:
        """Replace a stored delivery (`field` "": a key of its own) if it is still what it was."""
        return bool(await self._pipe.run("scrub_delivery", e, key, field, before, after))

    async def clean_inbox(self, e: str, c: str, rows: Sequence[tuple[str, bytes]]) -> None:
        """Take entries (stream id, what stays of it or b"") out of an inbox."""
        for start in range(0, len(rows), 500):
            flat = [part for row in rows[start : start + 500] for part in row]
            await self._pipe.run("erase_inbox", e, c, *flat)

    async def clean_parked(self, e: str, c: str, rows: Sequence[tuple[str, bytes, bytes]]) -> None:
        """Take parked roots (root, as it was, what stays of it or b"") away."""
        if rows:
            await self._pipe.run("erase_parked", e, c, *(part for row in rows for part in row))

    async def discard(self, e: str, dead_id: str, before: bytes, after: bytes = b"") -> None:
        """Forget a dead letter, or what of it is about the person."""
        await self._pipe.run("erase_letter", e, dead_id, before, after)

    async def release(self, lease: Lease, delay_ms: int | None) -> int | None:
        """Hand an erasure back, to be looked at again after a time (None: never)."""
        delay = "" if delay_ms is None else delay_ms
        await self._pipe.run("release_erasure", lease.id, lease.token, delay)
        return delay_ms


def _read(fields: Mapping[str, str], remote_id: str | None) -> Erasure:
    def rest(prefix: str) -> dict[str, int]:
        return {k.removeprefix(prefix): int(v) for k, v in fields.items() if k.startswith(prefix)}

    plain: dict[str, Any] = {**fields}
    plain |= {name: orjson.loads(fields.get(name) or b"[]") for name in ("told", "untold")}
    plain["files"] = orjson.loads(fields.get("files") or b"{}")
    plain |= {"counts": rest(COUNTED), "acked": rest(ACKED), "remote_id": remote_id}
    return Erasure.model_validate(plain)

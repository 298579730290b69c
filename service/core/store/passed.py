"""Writes that were passed on under a caller's key: which each was and how it ended, and nobody's data."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from service.core import times
from service.core.store import keys
from service.core.store.redis import Pipe
from service.core.times import Millis

KEPT_S: Final = 72 * 3600


class Passed(BaseModel):
    """One write; status 0: it was sent, and what came of it is not known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    of: str  # digest of what was asked
    at: Millis
    status: int = 0
    made: Mapping[str, int] = {}  # member of the answer -> the id of the record in it


async def begin(pipe: Pipe, c: str, key: str, of: str) -> Passed | None:
    """Take a key for a write; returns the write that has it already, if one has."""
    name, mine = keys.passed(c, key), Passed(of=of, at=times.now_ms())
    while True:
        if await pipe.call("SET", name, mine.model_dump_json(), "NX", "EX", KEPT_S):
            return None
        kept = await pipe.call("GET", name)
        if kept is not None:
            return Passed.model_validate_json(kept)


async def end(pipe: Pipe, c: str, key: str, passed: Passed) -> None:
    """Keep how a write ended."""
    await pipe.call("SET", keys.passed(c, key), passed.model_dump_json(), "EX", KEPT_S)


async def drop(pipe: Pipe, c: str, key: str) -> None:
    """Give a key back: nothing was done under it."""
    await pipe.call("DEL", keys.passed(c, key))

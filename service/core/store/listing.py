"""Listings: a sorted set read newest first, a page at a time, stable while it grows and shrinks."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from service.core.store.redis import Pipe

CHUNK = 200


class Row(NamedTuple):
    """One member of a listing; its score is milliseconds since the epoch."""

    member: str
    score: int


async def newest(pipe: Pipe, key: str, after: Row | None, count: int) -> list[Row]:
    """Return up to `count` rows beyond `after`, newest first; of one score, by name."""
    member, score = after or ("", 0)
    flat = await pipe.run("page", key, count, member, score)
    return [Row(flat[i].decode(), int(float(flat[i + 1]))) for i in range(0, len(flat), 2)]


async def walk(
    pipe: Pipe, key: str, after: Row | None = None, chunk: int = CHUNK
) -> AsyncGenerator[list[Row], None]:
    """Yield the rows beyond `after` in chunks, newest first, to the end."""
    while rows := await newest(pipe, key, after, chunk):
        yield rows
        if len(rows) < chunk:
            return
        after = rows[-1]


async def oldest(pipe: Pipe, key: str, after: Row | None, count: int) -> list[Row]:
    """Return up to `count` rows beyond `after`, oldest first; of one score, by name."""
    member, score = after or ("", 0)
    flat = await pipe.run("oldest", key, count, member, score)
    return [Row(flat[i].decode(), int(float(flat[i + 1]))) for i in range(0, len(flat), 2)]

"""One look of a selection: what it chose, and where the next look begins."""

from typing import Any, NamedTuple

import orjson

from service.core.store.replays import Item, Kept


class Chosen(NamedTuple):
    """One thing to send again, and what a dry run counts it as."""

    item: Item | Kept
    type: str


class Chunk(NamedTuple):
    """What one look came to."""

    chosen: list[Chosen]
    cursor: str
    ended: bool
    waits: bool = False  # nothing can be said yet: look again later


def written(*parts: str | int) -> str:
    """Return a cursor's text."""
    return orjson.dumps(parts).decode()


def read(cursor: str) -> list[Any]:
    """Return a cursor's parts; none at the beginning."""
    parts: list[Any] = orjson.loads(cursor) if cursor else []
    return parts


class Bodies:
    """The bodies of one chunk."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], bytes] = {}

    def get(self, key: tuple[str, str]) -> bytes | None:
        """Return what is kept."""
        return self._rows.get(key)

    def put(self, key: tuple[str, str], value: bytes) -> None:
        """Keep."""
        self._rows[key] = value

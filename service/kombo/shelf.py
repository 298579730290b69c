"""Pages that were made, kept for as long as nothing of their connection has changed.

Every commit moves the connection's `changed`, and so does whatever forgets records or names them anew: a page
that was made at the same mark and under the same options is the page that would be made now.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from starlette.responses import Response

from service.core.store.connections import Connection

MOST_BYTES: Final = 32 * 1024 * 1024
LONGEST: Final = 1024 * 1024  # one page
BESIDE: Final = 2048
"""Of a page's headers and objects; and a character of what it was asked by is kept more than once."""
KEPT_S: Final = 60.0
"""What is erased is gone from here too, at the latest after this."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it was answered: its bytes, and what was said of its age at that moment."""

    body: bytes
    headers: Mapping[str, str]
    at: float  # on the monotonic clock
    beside: int = 0  # bytes that are kept with it: what it was asked by

    @classmethod
    def of(cls, answer: Response, headers: Mapping[str, str], beside: int = 0) -> "Made":
        """Take an answer that is about to be sent."""
        return cls(bytes(answer.body), headers, monotonic(), beside)

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return len(self.body) + self.beside

    def answer(self) -> Response:
        """Return the answer anew: older by now, and right as of the same moment as before."""
        age = int(self.headers["age"]) + int(monotonic() - self.at)
        headers = {**self.headers, "age": str(age)}
        return Response(self.body, 200, headers, media_type="application/json")


@dataclass(slots=True)
class _Pages:
    """The pages of one connection as of one mark."""

    mark: object
    pages: dict[Hashable, Made] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(each.size for each in self.pages.values())


class Shelf:
    """Pages by connection; those of the connection least asked for go first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._all: OrderedDict[str, _Pages] = OrderedDict()
        self._size = 0

    def get(self, connection: Connection, asked: Hashable) -> Made | None:
        """Return a page as it was made, if nothing has changed since."""
        kept = self._all.get(connection.id)
        if kept is None or kept.mark != _mark(connection):
            return None
        self._all.move_to_end(connection.id)
        return kept.pages.get(asked)

    def put(self, connection: Connection, asked: Hashable, page: Made) -> None:
        """Keep a page that was made of a connection as it was read before."""
        mark = _mark(connection)
        kept = self._all.get(connection.id)
        if mark is None or page.size > min(LONGEST, self._most):
            return
        if kept is None or kept.mark != mark:
            self.drop(connection.id)
            kept = self._all[connection.id] = _Pages(mark)
            asyncio.get_running_loop().call_later(KEPT_S, self._end, connection.id, kept)
        before = kept.pages.pop(asked, None)
        self._size += page.size - (before.size if before else 0)
        kept.pages[asked] = page
        while self._size > self._most:
            self._make_room()

    def _make_room(self) -> None:
        c, kept = next(iter(self._all.items()))
        asked = next(iter(kept.pages))
        self._size -= kept.pages.pop(asked).size
        if not kept.pages:
            del self._all[c]

    def _end(self, c: str, kept: _Pages) -> None:
        if self._all.get(c) is kept:
            self.drop(c)

    def drop(self, c: str) -> None:
        """Forget a connection's pages."""
        if gone := self._all.pop(c, None):
            self._size -= gone.size


def _mark(connection: Connection) -> object:
    """Return what a page depends on; None before the first commit."""
    return (connection.changed, connection.options) if connection.changed else None


def beside(query: bytes) -> int:
    """Return how many bytes are kept beside a page that was asked for by this query."""
    return BESIDE + 4 * len(query)

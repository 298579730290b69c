"""The fields that a company has, kept for half a minute: a list of them is asked for page by page."""

import asyncio
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from service.core.store.connections import Connection
from service.core.unified.explorer import Seen
from service.ops.fields import seen_in
from service.state import Request

KEPT_S: Final = 30.0
MOST: Final = 64


class Explored:
    """What was last found of each connection; who asks meanwhile waits for the one who looks."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._found: OrderedDict[str, tuple[float, Mapping[str, Seen]]] = OrderedDict()
        self._looking: weakref.WeakValueDictionary[str, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def of(self, request: Request, connection: Connection) -> Mapping[str, Seen]:
        """Return a connection's fields by key: those of its newest records, those it has defined."""
        lock = self._looking.get(connection.id)
        if lock is None:
            lock = self._looking[connection.id] = asyncio.Lock()
        async with lock:
            until, found = self._found.get(connection.id, (0.0, {}))
            if until <= self._clock():
                found = await seen_in(request, connection)
                self._keep(connection.id, found)
        return found

    def _keep(self, c: str, found: Mapping[str, Seen]) -> None:
        self._found[c] = (self._clock() + KEPT_S, found)
        self._found.move_to_end(c)
        while len(self._found) > MOST:
            self._found.popitem(last=False)

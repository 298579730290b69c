"""A pipe that holds one reply, so that a test can do something in between."""

import asyncio
from typing import Any

from service.core.store.redis import Pipe, connect


class Late(Pipe):
    """Holds the reply of the first plain command that begins with `words`, until the gate is opened."""

    def __init__(self, url: str, *words: str) -> None:
        super().__init__(connect(url, tries=1, name="hirewire-test"))
        self._words = words
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        reply = super()._ask(command)
        said = zip(command, self._words, strict=False)
        if self.arrived.is_set() or not all(str(one).startswith(word) for one, word in said):
            return reply
        return asyncio.ensure_future(self._held(reply))

    async def _held(self, reply: "asyncio.Future[Any]") -> Any:
        found = await reply
        self.arrived.set()
        await self.opened.wait()
        return found

"""Pipes to Redis that fail as a process or a network does: dead after the n-th command, or sent twice."""

import asyncio
from collections.abc import Callable
from typing import Any

from service.core.errors import StoreUnavailable
from service.core.store.redis import Pipe, connect


def _url(url: str) -> Any:
    return connect(url, tries=1, name="hirewire-test")


class Dying(Pipe):
    """Carries out `lives` commands; from then on its process is as good as dead.

    With `heard` false the last one is carried out too, but its reply never comes.
    """

    def __init__(self, url: str, lives: int, *, heard: bool = True) -> None:
        super().__init__(_url(url))
        self._lives = lives
        self._heard = heard
        self.asked = 0

    @property
    def died(self) -> bool:
        """Whether it came to the end of its life."""
        return self.asked > self._lives

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        self.asked += 1
        if self.asked <= self._lives:
            return super()._ask(command)
        carried = not self._heard and self.asked == self._lives + 1
        return asyncio.ensure_future(self._lost(super()._ask(command) if carried else None))

    async def _lost(self, reply: "asyncio.Future[Any] | None") -> Any:
        if reply is not None:
            await reply
        raise StoreUnavailable("this process is dead")


class Echoing(Pipe):
    """Sends every script twice, as the client does when a reply was lost on the way.

    A claim (`claim`, and a step's flights) is not asked again: what it took is lost until its time is
    over, which has tests of its own. The echo of a step therefore takes nothing.
    """

    def __init__(self, url: str) -> None:
        super().__init__(_url(url))
        self._claim, self._step = (self._scripts[name].sha for name in ("claim", "step"))

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        first = super()._ask(command)
        if command[0] != "EVALSHA" or command[1] == self._claim:
            return first
        return asyncio.ensure_future(self._again(first, command))

    async def _again(self, first: "asyncio.Future[Any]", command: tuple[Any, ...]) -> Any:
        reply = await first
        if command[1] != self._step:
            return await super()._ask(command)
        free, flying = (
            7,
            10,
        )  # where a step's command has the slots, what to read and what is in flight
        await super()._ask((*command[:free], 0, 0, command[free + 2], 1, *command[flying + 1 :]))
        return reply


class Held(Pipe):
    """Holds the reply of the first script that `when` says yes to, until the gate is opened."""

    def __init__(self, url: str, script: str, when: Callable[[Any], bool]) -> None:
        super().__init__(_url(url))
        self._sha = self._scripts[script].sha
        self._when = when
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        reply = super()._ask(command)
        if command[0] == "EVALSHA" and command[1] == self._sha:
            return asyncio.ensure_future(self._late(reply))
        return reply

    async def _late(self, reply: "asyncio.Future[Any]") -> Any:
        found = await reply
        if not self.arrived.is_set() and self._when(found):
            self.arrived.set()
            await self.opened.wait()
        return found

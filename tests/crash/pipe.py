"""A pipe to Redis on which commands are lost, unheard or sent twice, and whose process may die there."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from service.core.errors import StoreUnavailable
from service.core.store.redis import Pipe, connect
from tests.crash.loop import CrashLoop

Fault = Literal["die_unsent", "die_unheard", "lost", "unheard", "twice", "steal"]
"""die_*: the process ends there; the others it survives: the client gives up, or sends again."""

Asked = Callable[[str], Fault | None]
"""What happens to a command of this name (a script's, or the command's own), the next in turn."""


class CrashPipe(Pipe):
    """One process's pipe."""

    def __init__(self, url: str, loop: CrashLoop, asked: Asked, steal: Callable[[], None]) -> None:
        super().__init__(connect(url, tries=1, name="hirewire-crash"))
        self._loop = loop
        self._asked = asked
        self._steal = steal
        self._names = {script.sha: name for name, script in self._scripts.items()}

    def _ask(self, command: tuple[Any, ...]) -> "asyncio.Future[Any]":
        if self._loop.dead:
            return self._loop.create_future()
        name = self._names.get(command[1], "") if command[0] == "EVALSHA" else str(command[0])
        match self._asked(name):
            case None:
                return super()._ask(command)
            case "die_unsent":
                self._loop.kill()
                return self._loop.create_future()
            case "die_unheard":
                reply = super()._ask(command)
                # The first to hear of the reply; whoever waits for it comes after, and so never.
                reply.add_done_callback(lambda _: self._loop.kill())
                return reply
            case "steal":
                self._steal()
                return super()._ask(command)
            case fault:
                return asyncio.ensure_future(self._survived(fault, command))

    async def _survived(self, fault: Fault, command: tuple[Any, ...]) -> Any:
        if fault != "lost":
            first = await super()._ask(command)
            if fault == "twice":
                # A claim that is sent twice has its first lease to wait out, as that of a dead worker.
                if command[0] == "EVALSHA" and self._names.get(command[1]) == "claim":
                    return first
                return await super()._ask(command)
        raise StoreUnavailable(f"Redis: the connection was cut ({fault})")

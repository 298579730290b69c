"""An event loop that can be abandoned between any two of its callbacks, as a killed process is.

What was waiting is never told: no `finally` of it does anything that Redis or a far end could see,
since its sockets are closed first and nothing runs on the loop any more.
"""

import asyncio
import contextlib
import gc
import socket
import weakref
from collections.abc import Coroutine, Iterator
from typing import Any
from unittest.mock import patch


class Crash(BaseException):
    """The process is dead: raised out of the loop, never through a task."""


class CrashLoop(asyncio.SelectorEventLoop):
    """Counts its callbacks, and dies before the one after the last that it may run."""

    def __init__(self) -> None:
        super().__init__()
        self.ran = 0
        self.dies_after: int | None = None
        self.dead = False
        self._opened: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.set_exception_handler(_unheard)

    def live(self, process: Coroutine[Any, Any, None]) -> bool:
        """Run a process to its end, or until it crashes: then True."""
        try:
            self.run_until_complete(process)
        except Crash:
            return True
        return False

    def kill(self) -> None:
        """Die before the next callback."""
        self.dead = True

    def count(self) -> None:
        """Count one callback; raises Crash in its place when it is not to be."""
        self.ran += 1
        if self.dead or (self.dies_after is not None and self.ran > self.dies_after):
            self.dead = True
            raise Crash

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Remember whatever is dialled, so that it can be cut."""
        self._opened.add(sock)
        await super().sock_connect(sock, address)

    def bury(self) -> None:
        """Cut every connection, then let go of what was under way."""
        self.dead = True
        for opened in list(self._opened):
            opened.close()
        self.close()


def _unheard(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
    """Of a dead process nobody hears that its tasks were destroyed."""


@contextlib.contextmanager
def mortal() -> Iterator[None]:
    """Let crash loops count their callbacks; other loops are not touched."""
    run = asyncio.Handle._run

    def counted(handle: asyncio.Handle) -> None:
        loop = handle._loop  # type: ignore[attr-defined] # the one place that every callback passes
        if isinstance(loop, CrashLoop):
            loop.count()
        run(handle)

    with patch.object(asyncio.Handle, "_run", counted):
        yield


def collect() -> None:
    """Take dead processes apart while no loop runs, so that their remains meet no living one."""
    gc.collect()

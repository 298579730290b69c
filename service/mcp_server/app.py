"""What the web app takes of it: the routes of `/mcp`, and what runs as long as the app does."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from service.core.logs import logger, where
from service.mcp_server import protected
from service.state import Lifespan, State

if TYPE_CHECKING:
    from service.mcp_server.door import Door
    from service.mcp_server.server import Agents

PATH: Final = "/mcp"
Ready = asyncio.Future[ASGIApp]
log = logger("mcp")


class Mcp:
    """The tools as a part of the app; they are read in beside it, and asked for once they are there."""

    def __init__(self) -> None:
        self._ready: Ready | None = None

    def routes(self) -> list[BaseRoute]:
        """Return `/mcp` (without a redirect), `/mcp/{token}`, and the metadata."""
        door = Entry(self)
        mount = Mount(PATH, app=door)
        # A path may have a line break in it, encoded; that too is answered here.
        mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
        return [Route(PATH, door), mount, *protected.routes()]

    def within(self, opened: Lifespan) -> Lifespan:
        """Return a lifespan in which tools can be called."""

        @contextlib.asynccontextmanager
        async def running(app: Starlette) -> AsyncIterator[State]:
            async with opened(app) as state:
                ready: Ready = asyncio.get_running_loop().create_future()
                ending = asyncio.Event()
                # A task of its own: what is opened in it is closed in it.
                serving = asyncio.create_task(_serve(ready, ending))
                self._ready = ready
                try:
                    yield state
                finally:
                    ending.set()
                    await serving

        return running

    async def door(self) -> ASGIApp:
        """Return the door, once it is there."""
        if self._ready is None:
            raise RuntimeError("the app is not running")
        return await asyncio.shield(self._ready)


class Entry:
    """Waits for the door, and goes through it."""

    def __init__(self, mcp: Mcp) -> None:
        self._mcp = mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        door = await self._mcp.door()
        await door(scope, receive, send)


async def _serve(ready: Ready, ending: asyncio.Event) -> None:
    try:
        # Webhooks do not wait for it: the SDK takes as long to read in as all the rest.
        agents, door = await asyncio.to_thread(_opened)
        async with agents.running():
            ready.set_result(door)
            await ending.wait()
    except Exception as error:  # noqa: BLE001 - the app goes on, and whoever asks is told
        log.error("mcp.not_served", error=where(error))
        if not ready.done():
            ready.set_exception(error)
            ready.exception()  # nobody may ever ask


def _opened() -> "tuple[Agents, Door]":
    from service.mcp_server.door import Door
    from service.mcp_server.server import Agents

    agents = Agents()
    return agents, Door(agents)

"""What the web app takes of it: the routes of `/mcp`, and what runs as long as the app does."""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from service.mcp_server import protected
from service.mcp_server.door import Door
from service.mcp_server.server import Agents
from service.state import Lifespan, State

PATH: Final = "/mcp"


class Mcp:
    """The tools as a part of the app."""

    def __init__(self) -> None:
        self._agents = Agents()
        self._door = Door(self._agents)

    def routes(self) -> list[BaseRoute]:
        """Return `/mcp` (without a redirect), `/mcp/{token}`, and the metadata."""
        mount = Mount(PATH, app=self._door)
        # A path may have a line break in it, encoded; that too is answered here.
        mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
        return [Route(PATH, self._door), mount, *protected.routes()]

    def within(self, opened: Lifespan) -> Lifespan:
        """Return a lifespan in which tools can be called."""

        @contextlib.asynccontextmanager
        async def running(app: Starlette) -> AsyncIterator[State]:
            async with opened(app) as state, self._agents.running():
                yield state

        return running

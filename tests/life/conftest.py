"""Fixtures of the life cycles: a house over any Redis, its ops API, subscribers, processes."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.core.settings import Settings
from tests.invariants.house import House, housing
from tests.life.processes import Processes, processes_of
from tests.life.servers import Server, Servers, servers_in
from tests.serving import Receiver, receiving


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """A house over the run's Redis."""
    async with housing(settings) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A subscriber."""
    async with receiving() as started:
        yield started


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    """Another subscriber."""
    async with receiving() as started:
        yield started


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Redis servers of the test's own."""
    with servers_in(tmp_path) as started:
        yield started


@pytest.fixture
def server(servers: Servers) -> Server:
    """A safe one."""
    return servers.make()


@pytest.fixture
async def own(settings: Settings, server: Server) -> AsyncIterator[House]:
    """A house over a Redis of its own, to be filled, stopped and killed."""
    async with housing(over(settings, server)) as opened:
        yield opened


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Web and worker processes."""
    with contextlib.closing(processes_of(tmp_path)) as started:
        yield started


def over(settings: Settings, server: Server) -> Settings:
    """Return settings that lead to a server."""
    return settings.model_copy(update={"redis_url": SecretStr(server.url)})
